//! The codes of compiling confinements to TracingPolicy YAML.

use telovix_diagnostic::Code;

/// The codes of this backend.
pub const CODES: &[&Code] = &[
    &CANNOT_EXPRESS,
    &EMISSION_INVALID,
    &FOLLOW_CHILDREN,
    &FOLLOW_CHILDREN_ALONE,
    &HOOK_SLOTS,
    &HOOK_SLOTS_ALONE,
    &NAME_COLLISION,
    &PARENT_UNKNOWN,
    &PATH_TOO_LONG,
];

pub(super) static CANNOT_EXPRESS: Code = Code::page(include_str!("codes/engine-cannot-express.md"));

pub(super) static PATH_TOO_LONG: Code =
    Code::page(include_str!("codes/engine-path-too-long.md")).fires_on(long_directory);

pub(super) static PARENT_UNKNOWN: Code = Code::page(include_str!("codes/engine-parent-unknown.md"));

pub(super) static NAME_COLLISION: Code = Code::page(include_str!("codes/engine-name-collision.md"));

pub(super) static EMISSION_INVALID: Code = Code::page(include_str!("codes/engine-emission-invalid.md"));

pub(super) static HOOK_SLOTS: Code =
    Code::page(include_str!("codes/engine-hook-slots.md")).fires_on(many_profiles);

pub(super) static HOOK_SLOTS_ALONE: Code =
    Code::page(include_str!("codes/engine-hook-slots-alone.md")).fires_on(many_destinations);

pub(super) static FOLLOW_CHILDREN: Code =
    Code::page(include_str!("codes/engine-follow-children.md")).fires_on(families);

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

/// Profiles that all allow the same ports and some others: their allowlists overlap, each in another way.
fn many_profiles() -> String {
    let ports = |number: usize| format!("allowed_dst_ports: [443, {}-{}]\n", 1_000 + number, 2_000 + number);
    (0..80).map(|number| profile(number) + &ports(number)).collect()
}

/// Destinations whose ports overlap, each in another way.
fn many_destinations() -> String {
    let destinations =
        (1..120).map(|number| format!("\"10.0.0.{number}:{}-{}\"", 1_000 + number, 2_000 + number));
    let list: Vec<String> = destinations.collect();
    format!(
        "version: \"1.0\"\nmode: enforce\nprocesses:\n  amf:\n    allowed_network: [{}]\n",
        list.join(", ")
    )
}

fn families() -> String {
    let lists = |number: usize| {
        format!(
            "children: inherit\nallowed_files: [/etc/nf{number}/]\nallowed_spawns: [/opt/nf{number}/bin/tool]\n\
             allowed_dst_ports: [{}]\nallowed_capabilities: []\n",
            1_000 + number
        )
    };
    (0..16).map(|number| profile(number) + &lists(number)).collect()
}

fn profile(number: usize) -> String {
    format!(
        "---\nkind: GuardianProfile\nname: nf{number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n"
    )
}
