//! A system call -> the kernel functions behind it, on the 64-bit and the 32-bit entry path.
//!
//! Source: `arch/x86/entry/syscalls/syscall_64.tbl`, and the functions in the BTF of Debian's cloud kernels
//! 6.1.176, 6.12.107 and 7.2.13. The engine finds functions in BTF, which has no aliases.

use super::plan::Plan;
use crate::confine::{Effect, SyscallSet};
use crate::document::value::Syscall;
use crate::source::Span;
use crate::tracing_policy::SyscallFlag;

/// Calls whose function has another name.
const RENAMED: &[(&str, &str)] = &[
    ("fstat", "newfstat"),
    ("lstat", "newlstat"),
    ("sendfile", "sendfile64"),
    ("stat", "newstat"),
    ("umount2", "umount"),
    ("uname", "newuname"),
];

/// Calls without arguments: their entry point is an alias, so the function itself is hooked.
const WITHOUT_ARGUMENTS: &[&str] = &[
    "fork",
    "getegid",
    "geteuid",
    "getgid",
    "getpgrp",
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "pause",
    "restart_syscall",
    "rt_sigreturn",
    "sched_yield",
    "setsid",
    "sync",
    "vfork",
    "vhangup",
];

/// Calls that some target kernel has a number for and no function: they return ENOSYS there.
const UNIMPLEMENTED: &[&str] = &[
    "_sysctl",
    "afs_syscall",
    "create_module",
    "epoll_ctl_old",
    "epoll_wait_old",
    "get_kernel_syms",
    "getpmsg",
    "lookup_dcookie",
    "nfsservctl",
    "putpmsg",
    "query_module",
    "security",
    "tuxcall",
    "vserver",
];
/// The first number that kernel 6.1 does not have.
const FIRST_NEW: u16 = 451;

/// The list of the functions behind the 32-bit entry path.
const LIST_32_BIT: &str = "calls-of-32-bit-programs";

/// Returns the kprobes of a set of calls: one for each function of the 64-bit entry path, and one for all those
/// of the 32-bit path, of which a kernel has at most one a call.
pub(super) fn plans(syscalls: &SyscallSet, effect: Effect, span: Span) -> Vec<Plan> {
    let mut plans: Vec<_> = syscalls.iter().filter_map(|call| native(call, effect, span)).collect();
    let mut compatible: Vec<String> = syscalls.iter().filter_map(compatible).flatten().collect();
    compatible.sort_unstable();
    compatible.dedup();
    if !compatible.is_empty() {
        plans.push(Plan::kprobes(LIST_32_BIT, compatible, effect, span));
    }
    plans
}

fn native(syscall: Syscall, effect: Effect, span: Span) -> Option<Plan> {
    if has_no_arguments(syscall) {
        let call = format!("__do_sys_{}", syscall.name());
        return Some(Plan::kprobe(call, SyscallFlag::Function, effect, span));
    }
    syscall.number()?;
    let plan = Plan::kprobe(["sys_", function(syscall)].concat(), SyscallFlag::Syscall, effect, span);
    Some(if is_everywhere(syscall) { plan } else { plan.where_present() })
}

fn compatible(syscall: Syscall) -> Option<[String; 2]> {
    if has_no_arguments(syscall) || syscall.ia32_number().is_none() {
        return None;
    }
    let function = function(syscall);
    Some(["__ia32_sys_", "__ia32_compat_sys_"].map(|prefix| [prefix, function].concat()))
}

fn has_no_arguments(syscall: Syscall) -> bool {
    WITHOUT_ARGUMENTS.contains(&syscall.name())
}

fn function(syscall: Syscall) -> &'static str {
    let name = syscall.name();
    RENAMED.iter().find(|(call, _)| *call == name).map_or(name, |(_, function)| function)
}

/// Tells whether every target kernel has the function of a call.
fn is_everywhere(syscall: Syscall) -> bool {
    syscall.number().is_some_and(|number| number < FIRST_NEW) && !UNIMPLEMENTED.contains(&syscall.name())
}
