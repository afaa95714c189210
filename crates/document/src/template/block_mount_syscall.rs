//! `block-mount-syscall`: denies mounting, by the old and the new interface.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const CLONE: &str =
    "open_tree with OPEN_TREE_CLONE has no specific LSM hook, and Tetragon cannot recognise it at `capable`";
const ATTRIBUTES: &str = "mount_setattr changes flags of a mount that exists and passes no LSM hook";
const RECONFIGURE: &str = "reconfiguring changes options of a file system that is mounted already";
const UMOUNT: &str = "the Tetragon policy hooks mount operations, not umount";
const AUTOMOUNT: &str = "the kernel mounts on behalf of an automount point that was set up before";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockMountSyscall,
    title: "mount, by the old and the new mount API",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::Mount)],
    syscalls: &["fsconfig", "fsmount", "mount", "move_mount", "open_tree"],
    bypasses: &[
        Bypass {
            name: "mount: new, bind, move, remount, change of propagation",
            native: Coverage::at("sb_mount"),
            engine: Coverage::at("sb_mount").measured_on_6_12(),
        },
        Bypass {
            name: "fsopen and fsconfig(FSCONFIG_CMD_CREATE)",
            native: Coverage::at("sb_kern_mount"),
            engine: Coverage::at("sb_kern_mount").measured_on_6_12(),
        },
        Bypass {
            name: "move_mount of a mount that exists",
            native: Coverage::at("move_mount"),
            engine: Coverage::at("move_mount").measured_on_6_12(),
        },
        Bypass {
            name: "open_tree with OPEN_TREE_CLONE: a detached copy, read through its descriptor",
            native: Coverage::at("capable"),
            engine: Coverage::open(CLONE),
        },
        Bypass {
            name: "fsconfig(FSCONFIG_CMD_RECONFIGURE)",
            native: Coverage::open(RECONFIGURE).read(),
            engine: Coverage::open(RECONFIGURE).read(),
        },
        Bypass {
            name: "mount_setattr",
            native: Coverage::open(ATTRIBUTES).read(),
            engine: Coverage::open(ATTRIBUTES).read(),
        },
        Bypass {
            name: "umount, which uncovers what a mount hid",
            native: Coverage::at("sb_umount"),
            engine: Coverage::open(UMOUNT).measured_on_6_12(),
        },
        Bypass {
            name: "an automount point",
            native: Coverage::open(AUTOMOUNT).read(),
            engine: Coverage::open(AUTOMOUNT).read(),
        },
    ],
    explanation: include_str!("block_mount_syscall.md"),
};
