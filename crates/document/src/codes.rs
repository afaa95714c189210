//! What can be wrong with a document before anyone asks what it does, each with an explanation.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this room reports.
pub const CODES: &[&Code] = &[
    &AMBIGUOUS_SCOPE,
    &CUSTOM_WITHOUT_POLICY,
    &EMPTY_INVARIANT,
    &EXCEPTION_WITHOUT_PATTERN,
    &GUARD_WITHOUT_PROCESS,
    &INVALID_ADDRESS,
    &INVALID_DATE,
    &INVALID_PACK_ID,
    &INVALID_PATH,
    &INVALID_PORT,
    &INVALID_PROCESS_NAME,
    &INVALID_PROFILE_ID,
    &MISSING_KIND,
    &NOT_A_DOCUMENT,
    &PACK_CANNOT_ENFORCE,
    &PATH_GLOB,
    &POLICY_WITHOUT_CUSTOM,
    &UNKNOWN_CAPABILITY,
    &UNKNOWN_KIND,
    &UNKNOWN_SYSCALL,
];

/// The root of a document is no mapping.
pub static NOT_A_DOCUMENT: Code = Code {
    id: "not-a-document",
    title: "a document is not a mapping",
    severity: Severity::Error,
    explanation: "A document is a mapping: keys and values, one of the keys being `kind`. Several documents in one \
        file are separated by a line with `---`, not written as a list.",
    fires: Example::Text("- kind: GuardianProfile\n  name: amf\n  target_binary: /opt/amf/bin/amf\n"),
    silent: Example::Text("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\n"),
};

/// A document without a kind.
pub static MISSING_KIND: Code = Code {
    id: "missing-kind",
    title: "a document does not say what it is",
    severity: Severity::Error,
    explanation: "Every document says what it is with `kind:`. Only a runtime guard may go without: the key \
        `processes` tells it apart, and existing guard files have no `kind`.",
    fires: Example::Text("name: amf\ntarget_binary: /opt/amf/bin/amf\n"),
    silent: Example::Text("processes:\n  amf:\n    blocked_syscalls: [ptrace]\n"),
};

/// A kind nobody knows.
pub static UNKNOWN_KIND: Code = Code {
    id: "unknown-kind",
    title: "a document is of a kind nobody knows",
    severity: Severity::Error,
    explanation: "The kinds are GuardianProfile, EnforcementRule, RuntimeGuard, GuardianPolicy, PolicyPack, \
        Invariant, TracingPolicy and TracingPolicyNamespaced. A document of another kind is not skipped: a policy \
        that was meant would be lost without a word. Keep other YAML files outside the policy folders.",
    fires: Example::Text("kind: GuardianProfil\nname: amf\ntarget_binary: /opt/amf/bin/amf\n"),
    silent: Example::Text("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\n"),
};

/// A text that is no path.
pub static INVALID_PATH: Code = Code {
    id: "invalid-path",
    title: "a text is not a path the kernel could see",
    severity: Severity::Error,
    explanation: "Paths are compared with what the kernel resolved: absolute, without `//`, `.` and `..`, at most \
        4,095 bytes long and 255 bytes between slashes. A path in another form would never match, so an \
        allowlist would deny what it was meant to allow, and a block list would block nothing. The same goes for what \
        nothing expands here (`/home/$USER`, `/home/%u`, `~`), for spaces at the edge of a component, and for \
        characters that nobody sees. Binaries are files and do not end in `/`.",
    fires: Example::Text("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/../amf\n"),
    silent: Example::Text("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf\n"),
};

/// A glob that is not read.
pub static PATH_GLOB: Code = Code {
    id: "path-glob",
    title: "a path holds a pattern that is not read here",
    severity: Severity::Error,
    explanation: "Three patterns are exact in the kernel: `/a/b` is that file, or everything below it if it is a \
        directory; `/a/b/` is everything below; `/a/b*` is every path that starts with these bytes. Any \
        other glob is refused rather than guessed at.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_files: [/var/log/*.log]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_files: [/var/log/amf*]\n",
    ),
};

/// A text that is no port range.
pub static INVALID_PORT: Code = Code {
    id: "invalid-port",
    title: "a text is not a port or a range of ports",
    severity: Severity::Error,
    explanation: "Ports are whole numbers from 0 to 65535, ranges are two of them with a hyphen, the smaller one \
        first: `443`, `8000-8100`.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_dst_ports: [70000]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_dst_ports: [443, 8000-8100]\n",
    ),
};

/// A text that is no address block.
pub static INVALID_ADDRESS: Code = Code {
    id: "invalid-address",
    title: "a text is not an address or a block of addresses",
    severity: Severity::Error,
    explanation: "Addresses are IPv4 or IPv6, alone or with a prefix length: `10.0.0.7`, `10.0.0.0/8`, \
        `2001:db8::/32`. Host names are not accepted: what they resolve to is decided later, by somebody \
        else, and the kernel sees addresses only. Guards also take ports: `10.0.0.0/8:443`, \
        `[2001:db8::]/32:443`, `*:53`.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_dst_cidrs: [nrf.example.org]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_dst_cidrs: [10.20.0.7]\n",
    ),
};

/// An invariant without a demand.
pub static EMPTY_INVARIANT: Code = Code {
    id: "empty-invariant",
    title: "an invariant demands nothing",
    severity: Severity::Error,
    explanation: "An invariant says what must `never` be allowed, what must `always` be allowed, or what documents \
        `require`. Without one of them every policy meets it, and nobody notices that nothing is checked.",
    fires: Example::Text("kind: Invariant\nname: no shells\nreason: no remote code execution\n"),
    silent: Example::Text(
        "kind: Invariant\nname: no shells\nreason: no remote code execution\nnever:\n  exec: [/bin/sh]\n",
    ),
};

/// A name the kernel has no capability for.
pub static UNKNOWN_CAPABILITY: Code = Code {
    id: "unknown-capability",
    title: "a name is not that of a Linux capability",
    severity: Severity::Error,
    explanation: "Capabilities are written by name, with or without `CAP_`, in any case. `man 7 capabilities` lists \
        all 41. A name nobody knows would allow nothing.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_capabilities: [CAP_NET_ADMN]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         allowed_capabilities: [net_admin]\n",
    ),
};

/// A name the kernel has no system call for.
pub static UNKNOWN_SYSCALL: Code = Code {
    id: "unknown-syscall",
    title: "a name is not that of a system call",
    severity: Severity::Error,
    explanation: "System calls are written by the name of the x86-64 or ia32 table, optionally with `sys_` before it. \
        A name nobody knows would block nothing.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         blocked_syscalls: [ptraze]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         blocked_syscalls: [ptrace]\n",
    ),
};

/// A text that is no profile id.
pub static INVALID_PROFILE_ID: Code = Code {
    id: "invalid-profile-id",
    title: "a text is not a profile id",
    severity: Severity::Error,
    explanation: "The Console gives profiles ids of `gp_` and 12 lower-case hexadecimal digits, and the compiled \
        file is named after it. Leave the key out to have an id derived from name and binary: the same \
        profile always gets the same one.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         profile_id: gp_12345\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         profile_id: gp_0123456789ab\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n",
    ),
};

/// A text that is no date.
pub static INVALID_DATE: Code = Code {
    id: "invalid-date",
    title: "a text is not a day of the calendar",
    severity: Severity::Error,
    explanation: "Days are written as year, month and day: `2026-11-20`. An expiry that cannot be read would leave \
        an exception in force for ever.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         exceptions:\n  \
           - {process: /usr/sbin/bpftool, reason: debugging, expiry: 2026-02-30}\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         exceptions:\n  \
           - {process: /usr/sbin/bpftool, reason: debugging, expiry: 2026-02-28}\n",
    ),
};

/// An exception for everybody.
pub static EXCEPTION_WITHOUT_PATTERN: Code = Code {
    id: "exception-without-pattern",
    title: "an exception names nobody",
    severity: Severity::Error,
    explanation: "An exception names the executable of a process, that of its parent, or both. Without either it \
        would exempt everybody, which switches the rule off; that is what `enabled: false` is for.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         exceptions:\n  \
           - reason: debugging\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         exceptions:\n  \
           - process: /usr/sbin/bpftool\n    \
             reason: debugging\n",
    ),
};

/// A sensor and a group at once.
pub static AMBIGUOUS_SCOPE: Code = Code {
    id: "ambiguous-scope",
    title: "a scope names a sensor and a group",
    severity: Severity::Error,
    explanation: "A rule holds on one sensor, on the sensors of one group, or, without a scope, on the whole fleet. \
        Naming both could mean either, or the one within the other.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         scope: {sensor: du-7, group: edge}\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         scope: {group: edge}\n",
    ),
};

/// `custom` without a policy.
pub static CUSTOM_WITHOUT_POLICY: Code = Code {
    id: "custom-without-policy",
    title: "a custom rule has no policy",
    severity: Severity::Error,
    explanation: "The template `custom` stands for the operator's own TracingPolicy, given under `policy` as a \
        mapping with `kind: TracingPolicy`.",
    fires: Example::Text("kind: EnforcementRule\ntemplate: custom\nname: own\n"),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         template: custom\n\
         name: own\n\
         policy:\n  \
           apiVersion: cilium.io/v1alpha1\n  \
           kind: TracingPolicy\n  \
           metadata: {name: telovix-custom-own}\n  \
           spec: {}\n",
    ),
};

/// A policy under a built-in template.
pub static POLICY_WITHOUT_CUSTOM: Code = Code {
    id: "policy-without-custom",
    title: "a built-in template is given a policy",
    severity: Severity::Error,
    explanation: "Built-in templates bring their own policies; one given beside them would be ignored. Write \
        `template: custom` to have it used.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         template: block-bpf-load\n\
         name: no-bpf\n\
         policy:\n  \
           apiVersion: cilium.io/v1alpha1\n  \
           kind: TracingPolicy\n  \
           metadata: {name: telovix-custom-own}\n  \
           spec: {}\n",
    ),
    silent: Example::Text("kind: EnforcementRule\ntemplate: block-bpf-load\nname: no-bpf\n"),
};

/// A guard without a process.
pub static GUARD_WITHOUT_PROCESS: Code = Code {
    id: "guard-without-process",
    title: "a runtime guard guards nothing",
    severity: Severity::Error,
    explanation: "A runtime guard lists at least one process under `processes`. One without any is most likely the \
        rest of a larger file.",
    fires: Example::Text("version: \"1.0\"\nprocesses: {}\n"),
    silent: Example::Text("version: \"1.0\"\nprocesses:\n  amf: {}\n"),
};

/// A process name that no executable has.
pub static INVALID_PROCESS_NAME: Code = Code {
    id: "invalid-process-name",
    title: "a process name is not the base name of an executable",
    severity: Severity::Error,
    explanation: "A runtime guard finds its processes by the base name of their executable: `amf` for \
        `/opt/amf/bin/amf`. A name with a slash would never match, and neither would one with a pattern, a space at its \
        edge or a character that nobody sees. To confine one executable by its whole path, write a guardian \
        profile.",
    fires: Example::Text("processes:\n  /opt/amf/bin/amf:\n    blocked_syscalls: [ptrace]\n"),
    silent: Example::Text("processes:\n  amf:\n    blocked_syscalls: [ptrace]\n"),
};

/// A pack id or version that no folder can have.
pub static INVALID_PACK_ID: Code = Code {
    id: "invalid-pack-id",
    title: "a pack id or version cannot name a folder",
    severity: Severity::Error,
    explanation: "A pack lives in the folder `{pack_id}/{version}/`, here and on every sensor. Ids are lower-case \
        words with hyphens, versions are parts with dots that start with a digit.",
    fires: Example::Text("kind: PolicyPack\npack_id: ../edge\nversion: 0.1.0\n"),
    silent: Example::Text("kind: PolicyPack\npack_id: edge\nversion: 0.1.0\n"),
};

/// A pack on a rung it cannot reach.
pub static PACK_CANNOT_ENFORCE: Code = Code {
    id: "pack-cannot-enforce",
    title: "a pack is in a state it cannot reach",
    severity: Severity::Error,
    explanation: "Only packs of kind `guard` are enforcement-capable, and only enforcement-capable packs go from \
        `observe` to `enforce_ready` and on to `enforced`. A sensor refuses any other assignment.",
    fires: Example::Text("kind: PolicyPack\npack_id: edge\nversion: 0.1.0\nstate: enforced\n"),
    silent: Example::Text(
        "kind: PolicyPack\n\
         pack_id: edge\n\
         version: 0.1.0\n\
         pack_kind: guard\n\
         enforcement_capable: true\n\
         state: enforced\n",
    ),
};
