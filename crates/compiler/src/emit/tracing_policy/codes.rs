//! What there is to say when a confinement becomes a policy of the engine.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes of this backend.
pub const CODES: &[&Code] = &[
    &CANNOT_EXPRESS,
    &EMISSION_INVALID,
    &FOLLOW_CHILDREN,
    &FOLLOW_CHILDREN_ALONE,
    &HOOK_SLOTS,
    &NAME_COLLISION,
    &PATH_TOO_LONG,
];

const PROFILE: Example = Example::Text(
    "kind: GuardianProfile\n\
     name: amf\n\
     target_binary: /opt/amf/bin/amf\n\
     mode: enforce\n\
     allowed_dst_ports: [38412]\n",
);

pub(super) static CANNOT_EXPRESS: Code = Code {
    id: "engine-cannot-express",
    title: "the engine has no words for a condition",
    severity: Severity::Error,
    explanation: "A condition has no equal in the engine's selectors: a path set with exceptions inside exceptions, a \
socket condition over families it does not list, or an operation that no hook of the engine covers. Writing something \
nearby would mean something else, so nothing is written.\n\nUse a native target for this document.",
    fires: Example::Situation(
        "a set of paths that is neither a list nor everything but a list; no document can say that today \
         (`emit::tracing_policy::filter::tests::refuses_nested_sets`)",
    ),
    silent: PROFILE,
};

pub(super) static PATH_TOO_LONG: Code = Code {
    id: "engine-path-too-long",
    title: "a path is longer than the engine compares",
    severity: Severity::Error,
    explanation: "The engine compares at most 255 bytes of a prefix and of an executable's path, 126 bytes of a base \
name, and 4,096 bytes of a whole path. A longer one would be cut, and match something else.\n\nAllow a shorter directory \
above it, or use a native target.",
    fires: Example::Made("a profile that allows files below a directory of 300 bytes", long_directory),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_files: [/etc/amf/]\n",
    ),
};

pub(super) static NAME_COLLISION: Code = Code {
    id: "engine-name-collision",
    title: "two documents compile to one policy name",
    severity: Severity::Error,
    explanation: "The engine identifies a policy by `metadata.name`, and the output folder by file name: of two with the \
same name one would replace the other.\n\nGive one of the documents another name or id.",
    fires: Example::Text(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-a}\nspec: {}\n---\n\
         apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-a}\nspec: {}\n",
    ),
    silent: Example::Text(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-a}\nspec: {}\n---\n\
         apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: telovix-custom-b}\nspec: {}\n",
    ),
};

pub(super) static EMISSION_INVALID: Code = Code {
    id: "engine-emission-invalid",
    title: "a compiled policy fails our own check",
    severity: Severity::Error,
    explanation: "Every policy that is compiled passes the validator that reads policies people write. This one did \
not, so it is not written: that is a mistake of the compiler. Please report it with the document.",
    fires: Example::Situation(
        "a compiled policy that the validator objects to; none is known, and \
         `emit::tracing_policy::tests::every_emission_is_valid` looks for one",
    ),
    silent: PROFILE,
};

pub(super) static HOOK_SLOTS: Code = Code {
    id: "engine-hook-slots",
    title: "more policies use a hook than the kernel takes programs",
    severity: Severity::Warning,
    explanation: "The engine attaches one program for each entry of a hook, and the kernel takes 38 programs at one hook. \
Policies for the same hosts that need more cannot all load.\n\nScope documents to sensors or groups, or use a native \
target, which needs one program per hook however many profiles there are.",
    fires: Example::Made("forty profiles that confine capabilities on every sensor", forty_profiles),
    silent: PROFILE,
};

pub(super) static FOLLOW_CHILDREN: Code = Code {
    id: "engine-follow-children",
    title: "more hooks follow children than the engine has ids",
    severity: Severity::Warning,
    explanation: "Each entry of a hook that follows children takes one of 64 ids that the whole engine has; the policy \
that asks for the 65th is refused.\n\nUse `children: inherit` for fewer profiles, or a native target.",
    fires: Example::Made("seventy profiles with `children: inherit` on every sensor", seventy_families),
    silent: PROFILE,
};

pub(super) static FOLLOW_CHILDREN_ALONE: Code = Code {
    id: "engine-follow-children-alone",
    title: "one policy follows children at more functions than the engine has ids",
    severity: Severity::Error,
    explanation: "Each function at which children are followed takes one of 64 ids that the whole engine has; a blocked \
system call takes one for 64-bit programs and up to two for 32-bit ones. This policy alone needs more, so the engine \
would refuse it whatever else is loaded.\n\nBlock fewer calls, write `children: leave`, or use a native target, which \
has no such limit.",
    fires: Example::Made("a profile with `children: inherit` that blocks thirty system calls", many_calls),
    silent: PROFILE,
};

fn many_calls() -> String {
    let calls = "acct, add_key, bpf, chroot, delete_module, finit_module, init_module, ioperm, iopl, kcmp, kexec_load, \
                 keyctl, mount, move_mount, open_tree, perf_event_open, personality, pivot_root, ptrace, quotactl, \
                 reboot, request_key, setns, swapoff, swapon, sysfs, umount2, unshare, userfaultfd, ustat";
    format!(
        "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\nchildren: inherit\n\
         blocked_syscalls: [{calls}]\n"
    )
}

fn long_directory() -> String {
    let directory = format!("/{}/{}", "d".repeat(200), "e".repeat(100));
    format!(
        "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\nallowed_files: [{directory}/]\n"
    )
}

fn forty_profiles() -> String {
    profiles(40, "leave")
}

fn seventy_families() -> String {
    profiles(70, "inherit")
}

fn profiles(count: usize, children: &str) -> String {
    let profile = |number: usize| {
        format!(
            "---\nkind: GuardianProfile\nname: nf{number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n\
             children: {children}\nallowed_capabilities: [NET_BIND_SERVICE]\n"
        )
    };
    (0..count).map(profile).collect()
}
