//! A system call -> the kernel functions behind it, on the 64-bit and the 32-bit entry path.
//!
//! Source: `arch/x86/entry/syscalls/syscall_64.tbl`, and the functions in the BTF of Debian's cloud kernels
//! 6.1.176, 6.12.107 and 7.2.13. The engine finds functions in BTF, which has no aliases.

use super::plan::Plan;
use crate::confine::Effect;
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

/// Returns the kprobes of a call. Functions of the 32-bit entry path may be missing, and with them the entry.
pub(super) fn plans(syscall: Syscall, effect: Effect, span: Span) -> Vec<Plan> {
    let name = syscall.name();
    if WITHOUT_ARGUMENTS.contains(&name) {
        let call = format!("__do_sys_{name}");
        return vec![Plan::kprobe(call, SyscallFlag::Function, effect, span)];
    }
    let function = RENAMED.iter().find(|(call, _)| *call == name).map_or(name, |(_, function)| function);
    let mut plans = Vec::new();
    if syscall.number().is_some() {
        let plan = Plan::kprobe(format!("sys_{function}"), SyscallFlag::Syscall, effect, span);
        plans.push(if is_everywhere(syscall) { plan } else { plan.where_present() });
    }
    if syscall.ia32_number().is_some() {
        for call in [format!("__ia32_sys_{function}"), format!("__ia32_compat_sys_{function}")] {
            plans.push(Plan::kprobe(call, SyscallFlag::Function, effect, span).where_present());
        }
    }
    plans
}

/// Tells whether every target kernel has the function of a call.
fn is_everywhere(syscall: Syscall) -> bool {
    syscall.number().is_some_and(|number| number < FIRST_NEW) && !UNIMPLEMENTED.contains(&syscall.name())
}
