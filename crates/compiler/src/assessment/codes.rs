//! What this room can say: weakenings, the engine's defects, and waivers.

use telovix_diagnostic::{Code, Example, Severity};
use telovix_document::lower::OPEN_NAME_SPACE;

/// The weakenings that a document can accept by name.
pub static WAIVABLE: [&Code; 7] = [
    &DENIAL_RACE,
    &PARENT_EXCEPTION,
    &HOST_LIMIT_UNENFORCED,
    &HOST_LIMIT_UNWATCHED,
    &KILL_INSTEAD_OF_DENY,
    &OPEN_NAME_SPACE,
    &TRACING_POLICY_NOT_NATIVE,
];

/// An operator's own policy acts, and a native image does not hold it.
pub(super) static TRACING_POLICY_NOT_NATIVE: Code = Code {
    id: "tracing-policy-not-native",
    title: "a native target does not enforce a TracingPolicy",
    severity: Severity::Error,
    explanation: "A custom rule or a TracingPolicy is Tetragon's own document: it is checked and passed through as YAML. \
The image of native targets does not hold it, so what it denies or kills is allowed there.\n\nCompile for Tetragon \
targets only, write the same intent as a profile or with a built-in template, or accept it: in a rule with `waive: \
[{name: tracing-policy-not-native, reason: …}]`, in a TracingPolicy with the annotation \
`telovix.io/waive-tracing-policy-not-native: …` whose value is the reason.",
    fires: Example::Text(
        "apiVersion: cilium.io/v1alpha1\n\
         kind: TracingPolicy\n\
         metadata: {name: telovix-custom-attach}\n\
         spec:\n\
         \x20 kprobes:\n\
         \x20 - call: sys_ptrace\n\
         \x20   syscall: true\n\
         \x20   selectors:\n\
         \x20   - matchActions:\n\
         \x20     - {action: Sigkill}\n",
    ),
    silent: Example::Text(
        "apiVersion: cilium.io/v1alpha1\n\
         kind: TracingPolicy\n\
         metadata:\n\
         \x20 name: telovix-custom-attach\n\
         \x20 annotations:\n\
         \x20   telovix.io/waive-tracing-policy-not-native: hosts of the native runtime have no debuggers\n\
         spec:\n\
         \x20 kprobes:\n\
         \x20 - call: sys_ptrace\n\
         \x20   syscall: true\n\
         \x20   selectors:\n\
         \x20   - matchActions:\n\
         \x20     - {action: Sigkill}\n",
    ),
};

/// An operator's own policy reports, and a native image does not hold it.
pub(super) static TRACING_POLICY_UNWATCHED: Code = Code {
    id: "tracing-policy-unwatched",
    title: "a native target does not evaluate a TracingPolicy that reports",
    severity: Severity::Note,
    explanation: "A custom rule or a TracingPolicy without an action that kills or denies only reports. It is passed \
through for Tetragon targets; native targets have no events of this kind, so nothing is reported there.",
    fires: Example::Text(
        "apiVersion: cilium.io/v1alpha1\n\
         kind: TracingPolicy\n\
         metadata: {name: telovix-custom-attach}\n\
         spec:\n\
         \x20 kprobes:\n\
         \x20 - call: sys_ptrace\n\
         \x20   syscall: true\n",
    ),
    silent: Example::Text("kind: EnforcementRule\nname: no attaching\ntemplate: kill-ptrace-attach\n"),
};

/// The document denies; a target can only kill.
pub(super) static KILL_INSTEAD_OF_DENY: Code = Code {
    id: "kill-instead-of-deny",
    title: "a target can only kill where the document denies",
    severity: Severity::Error,
    explanation: "The document says that the operation must not happen. On the named targets it happens first and its \
caller dies afterwards: no LSM hook sees the operation in time there.\n\nThat may be good enough, but the author has to \
say so: `waive: [{name: kill-instead-of-deny, reason: …}]`. Or write `mode: audit`, which kills everywhere; or compile \
for other targets.",
    fires: Example::Text("kind: EnforcementRule\nname: no memory files\ntemplate: block-memfd-create\n"),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no memory files\n\
         template: block-memfd-create\n\
         waive:\n\
         \x20 - name: kill-instead-of-deny\n\
         \x20   reason: killing is enough on hosts that run the engine\n",
    ),
};

/// Defect B1 of the engine: denials at LSM hooks leak when several processors hit one hook.
pub(super) static DENIAL_RACE: Code = Code {
    id: "engine-denial-race",
    title: "denials of the engine leak under concurrency",
    severity: Severity::Warning,
    explanation: "Tetragon main 4fbfe2d74 (August 2026) hands the error of an LSM denial back through one slot \
that all processors share. When two processes are denied at the same moment, one of them may get through: 459 of 8,000 \
denied opens by 4 processes on 2 processors did, and none of 2,000 by a single process.\n\nA kill beside the denial is \
not racy: with `engine: { deny_with_kill: true }` in `telovix.yaml` a process whose denial leaks dies. That is stronger \
than what the document says, so it is never done unasked. Custom rules and TracingPolicies are passed through as \
written: write `action: Sigkill` beside `action: Override` in them. The native runtime has no such race.",
    fires: Example::Text("kind: EnforcementRule\nname: no modules\ntemplate: block-kmod-load\n"),
    silent: Example::Text("kind: EnforcementRule\nname: no attaching\ntemplate: kill-ptrace-attach\n"),
};

/// The engine loads its policies as BPF programs, which the policy denies to everybody.
pub(super) static ENGINE_LOCKED_OUT: Code = Code {
    id: "engine-locked-out",
    title: "a rule denies BPF programs to the engine itself",
    severity: Severity::Warning,
    explanation: "The engine loads a BPF program for each policy. Where a rule keeps everybody from loading programs, the \
engine's own agent is no exception: seen on Tetragon main 4fbfe2d74 (August 2026), the next policy is refused with \
`operation not permitted`, and with `deny_with_kill` the agent is killed, and enforcement ends with it.\n\nExempt the \
agent by its path. Which path that is, this compiler cannot know; any exception by process is taken for it.",
    fires: Example::Text("kind: EnforcementRule\nname: no programs\ntemplate: block-bpf-load\n"),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no programs\n\
         template: block-bpf-load\n\
         exceptions:\n\
         \x20 - process: /usr/bin/tetragon\n\
         \x20   reason: the engine loads its policies\n",
    ),
};

/// The engine cannot exempt by parent. Reported where its policies are written.
pub static PARENT_EXCEPTION: Code = Code {
    id: "engine-parent-exception",
    title: "the engine cannot exempt by parent",
    severity: Severity::Error,
    explanation: "An exception by parent needs `matchParentBinaries`, which the engine refuses unless it keeps a map of \
parents, and which it takes for a match when it does not know the parent: unknown processes would be exempt.\n\nName the \
process instead, use a native target, or accept that the exception does not hold on engine hosts with \
`waive: [{name: engine-parent-exception, reason: …}]`; the rule is then stricter there.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         name: no mounts\n\
         template: block-mount-syscall\n\
         enabled: true\n\
         exceptions:\n\
         \x20 - parent: /usr/bin/dockerd\n\
         \x20   reason: starts containers\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no mounts\n\
         template: block-mount-syscall\n\
         enabled: true\n\
         exceptions:\n\
         \x20 - process: /usr/bin/dockerd\n\
         \x20   reason: starts containers\n",
    ),
};

/// A limit of an enforcing guard that nothing enforces.
pub(super) static HOST_LIMIT_UNENFORCED: Code = Code {
    id: "host-limit-unenforced",
    title: "a guard in mode enforce limits what no kernel operation covers",
    severity: Severity::Error,
    explanation: "`max_memory_mb` and `max_cpu_percent` are resources, not operations: there is no moment at which a \
program could refuse. The limit is carried to the manifest, and nothing here holds it.\n\nSet it where the kernel does, in \
the cgroup of the service (`MemoryMax=`, `CPUQuota=`), and remove the field or accept it with `waive: [{name: \
host-limit-unenforced, reason: …}]`.",
    fires: Example::Text(
        "mode: enforce\nprocesses:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n    max_memory_mb: 512\n",
    ),
    silent: Example::Text(
        "mode: enforce\nprocesses:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n    max_memory_mb: 0\n",
    ),
};

/// A limit of a logging guard that nothing watches.
pub(super) static HOST_LIMIT_UNWATCHED: Code = Code {
    id: "host-limit-unwatched",
    title: "a guard limits what no kernel operation covers",
    severity: Severity::Warning,
    explanation: "`max_memory_mb` and `max_cpu_percent` are resources, not operations: no event tells that they are \
exceeded. The limit is carried to the manifest for whoever watches the host.\n\nSet it in the cgroup of the service \
(`MemoryMax=`, `CPUQuota=`) and remove the field, or accept it with `waive: [{name: host-limit-unwatched, reason: …}]`.",
    fires: Example::Text(
        "mode: audit\nprocesses:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n    max_cpu_percent: 80\n",
    ),
    silent: Example::Text("mode: audit\nprocesses:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n"),
};

/// A waiver that accepts nothing.
pub(super) static WAIVER_UNUSED: Code = Code {
    id: "waiver-unused",
    title: "a waiver waives nothing",
    severity: Severity::Warning,
    explanation: "No target that has a name weakens the document in the way the waiver names. Left in place it would \
silently accept the weakening on the day it comes.\n\nRemove the waiver, or correct its name.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         waive:\n\
         \x20 - name: kill-instead-of-deny\n\
         \x20   reason: copied from another rule\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no memory files\n\
         template: block-memfd-create\n\
         waive:\n\
         \x20 - name: kill-instead-of-deny\n\
         \x20   reason: killing is enough on hosts that run the engine\n",
    ),
};
