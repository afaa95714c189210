//! The codes of compiling confinements to TracingPolicy YAML.

use telovix_diagnostic::Code;

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

pub(super) static CANNOT_EXPRESS: Code = Code::page(include_str!("codes/engine-cannot-express.md"));

pub(super) static PATH_TOO_LONG: Code =
    Code::page(include_str!("codes/engine-path-too-long.md")).fires_on(long_directory);

pub(super) static NAME_COLLISION: Code = Code::page(include_str!("codes/engine-name-collision.md"));

pub(super) static EMISSION_INVALID: Code = Code::page(include_str!("codes/engine-emission-invalid.md"));

pub(super) static HOOK_SLOTS: Code =
    Code::page(include_str!("codes/engine-hook-slots.md")).fires_on(forty_profiles);

pub(super) static FOLLOW_CHILDREN: Code =
    Code::page(include_str!("codes/engine-follow-children.md")).fires_on(seventy_families);

pub(super) static FOLLOW_CHILDREN_ALONE: Code =
    Code::page(include_str!("codes/engine-follow-children-alone.md")).fires_on(many_calls);

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
