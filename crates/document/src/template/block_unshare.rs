//! `block-unshare`: denies new namespaces and setns.

use telovix_platform::{Bypass, Coverage, Status};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const NO_NAMESPACE_FLAG: &str = "this kernel has neither OPEN_TREE_NAMESPACE nor FSMOUNT_NAMESPACE";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockUnshare,
    title: "unshare any namespace",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::Unshare), Clause::always(Operation::UserNamespace)],
    syscalls: &["clone", "clone3", "setns", "unshare"],
    bypasses: &[
        Bypass {
            name: "unshare of a user namespace",
            native: Coverage::at("userns_create"),
            engine: Coverage::at("userns_create").measured_on_6_12(),
        },
        Bypass {
            name: "unshare of any other namespace",
            native: Coverage::at("capable"),
            engine: Coverage::killed("sys_unshare").measured_on_6_12(),
        },
        Bypass {
            name: "clone with a namespace flag",
            native: Coverage::at("capable"),
            engine: Coverage::killed("sys_clone").measured_on_6_12(),
        },
        Bypass {
            name: "clone3 with a namespace flag",
            native: Coverage::at("capable"),
            engine: Coverage::open(
                "the flags are in user memory, where a kprobe on clone3 cannot filter them",
            )
            .measured_on_6_12(),
        },
        Bypass {
            name: "unshare, clone and setns through the 32-bit entry",
            native: Coverage::at("capable"),
            engine: Coverage::killed("__ia32_sys_unshare, __ia32_compat_sys_ia32_clone, __ia32_sys_setns")
                .measured_on_6_12(),
        },
        Bypass {
            name: "open_tree and fsmount into a new namespace",
            native: Coverage::each(
                Status::Absent(NO_NAMESPACE_FLAG),
                Status::Absent(NO_NAMESPACE_FLAG),
                Status::Covered("capable"),
            )
            .read(),
            engine: Coverage::each(
                Status::Absent(NO_NAMESPACE_FLAG),
                Status::Absent(NO_NAMESPACE_FLAG),
                Status::Open(
                    "the Tetragon policy hooks neither call; `block-mount-syscall` stops the second",
                ),
            )
            .read(),
        },
        Bypass {
            name: "setns into another namespace",
            native: Coverage::at("capable"),
            engine: Coverage::killed("sys_setns").measured_on_6_12(),
        },
    ],
    explanation: include_str!("block_unshare.md"),
};
