//! `block-pivot-root`: denies changing the root mount.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const CHROOT: &str =
    "chroot changes the root of one process, not a mount; block the system call `chroot` in its profile";
const MOVE: &str = "moving a mount over / is mounting: `block-mount-syscall` covers it";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockPivotRoot,
    title: "pivot_root",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::PivotRoot)],
    syscalls: &["pivot_root"],
    bypasses: &[
        Bypass {
            name: "pivot_root",
            native: Coverage::at("sb_pivotroot"),
            engine: Coverage::at("sb_pivotroot").measured_on_6_12(),
        },
        Bypass {
            name: "chroot",
            native: Coverage::open(CHROOT),
            engine: Coverage::open(CHROOT).measured_on_6_12(),
        },
        Bypass {
            name: "a mount moved over the root (MS_MOVE, move_mount)",
            native: Coverage::open(MOVE).read(),
            engine: Coverage::open(MOVE).read(),
        },
    ],
    explanation: include_str!("block_pivot_root.md"),
};
