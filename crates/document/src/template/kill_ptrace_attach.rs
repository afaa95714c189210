//! `kill-ptrace-attach`: kills a process that attaches to another.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const READ: &str = "the kernel checks read access only, which debuggers and monitoring tools also need";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::KillPtraceAttach,
    title: "attach to another process",
    effect: Effect::Kill,
    severity: ViolationSeverity::Critical,
    clauses: || vec![Clause::always(Operation::Ptrace)],
    syscalls: &["pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace"],
    bypasses: &[
        Bypass {
            name: "ptrace PTRACE_ATTACH and PTRACE_SEIZE",
            native: Coverage::at("ptrace_access_check"),
            engine: Coverage::at("ptrace_access_check").measured_on_6_12(),
        },
        Bypass {
            name: "ptrace PTRACE_TRACEME",
            native: Coverage::at("ptrace_traceme"),
            engine: Coverage::at("ptrace_traceme").measured_on_6_12(),
        },
        Bypass {
            name: "process_vm_readv and process_vm_writev",
            native: Coverage::at("ptrace_access_check"),
            engine: Coverage::at("ptrace_access_check").measured_on_6_12(),
        },
        Bypass {
            name: "open of /proc/PID/mem",
            native: Coverage::at("ptrace_access_check"),
            engine: Coverage::at("ptrace_access_check").measured_on_6_12(),
        },
        Bypass {
            name: "pidfd_getfd",
            native: Coverage::at("ptrace_access_check"),
            engine: Coverage::at("ptrace_access_check").measured_on_6_12(),
        },
        Bypass {
            name: "reading /proc/PID/environ, maps and the like",
            native: Coverage::open(READ),
            engine: Coverage::open(READ).measured_on_6_12(),
        },
    ],
    explanation: include_str!("kill_ptrace_attach.md"),
};
