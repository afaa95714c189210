//! A system call -> the kernel functions that implement it, on the 64-bit and the 32-bit entry path.
//!
//! Source: `arch/x86/entry/syscalls/syscall_64.tbl`, and the functions in the BTF of Debian's cloud kernels
//! 6.1.176, 6.12.107 and 7.2.13. Tetragon finds functions in BTF, which has no aliases.

mod entry_32;

use std::sync::OnceLock;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Effect, SyscallSet};
use telovix_policy::value::Syscall;
use telovix_tetragon::SyscallFlag;

use super::filter::Refusal;
use super::plan::{Plan, Site};

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

/// Calls that have a number but no function on some target kernel: they return ENOSYS there.
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

/// The name of the list of functions on the 32-bit entry path.
const LIST_32_BIT: &str = "calls-of-32-bit-programs";

/// Returns the kprobes of a set of calls: one for each function of the 64-bit entry path, and one for all those
/// of the 32-bit path, of which a kernel has at most one for each call.
pub(super) fn plans(
    syscalls: &SyscallSet,
    effect: Effect,
    span: Span,
) -> Result<Vec<Plan<'static>>, Refusal> {
    let native: Vec<_> = syscalls.iter().filter_map(|call| native(call, span)).collect();
    let spelled: Result<Vec<_>, _> =
        syscalls.iter().map(|call| entry_32::functions(call, syscalls, span)).collect();
    let spelled = spelled?;
    let mut functions = Vec::with_capacity(2 * spelled.len());
    // The second of the two prefixes sorts first, so that this is nearly in order.
    for place in [1, 0] {
        functions.extend(spelled.iter().filter_map(|both| both.get(place)).map(String::as_str));
    }
    let compatible = of_32_bit_programs(functions, effect, span);
    Ok([Plan::kprobes(native, effect, span)].into_iter().chain(compatible).collect())
}

/// Plans one kprobe for functions of the 32-bit entry path, of which kernels may lack some.
pub(super) fn of_32_bit_programs(
    mut functions: Vec<&'static str>,
    effect: Effect,
    span: Span,
) -> Option<Plan<'static>> {
    functions.sort();
    functions.dedup();
    (!functions.is_empty()).then(|| Plan::kprobe_list(LIST_32_BIT, functions, effect, span))
}

fn native(syscall: Syscall, span: Span) -> Option<Site<'static>> {
    static SPELLED: [OnceLock<String>; Syscall::COUNT] = [const { OnceLock::new() }; Syscall::COUNT];
    let spelled = SPELLED.get(syscall.index())?;
    if has_no_arguments(syscall) {
        let call = spelled.get_or_init(|| ["__do_sys_", syscall.name()].concat());
        return Some(Site::kprobe(call.as_str(), SyscallFlag::Function, span));
    }
    syscall.number()?;
    let call = spelled.get_or_init(|| ["sys_", function(syscall)].concat());
    let site = Site::kprobe(call.as_str(), SyscallFlag::Syscall, span);
    Some(if is_everywhere(syscall) { site } else { site.where_present() })
}

fn has_no_arguments(syscall: Syscall) -> bool {
    WITHOUT_ARGUMENTS.contains(&syscall.name())
}

fn function(syscall: Syscall) -> &'static str {
    let name = syscall.name();
    RENAMED.iter().find(|(call, _)| *call == name).map_or(name, |(_, function)| function)
}

/// Returns whether every target kernel has the function of a call.
fn is_everywhere(syscall: Syscall) -> bool {
    syscall.number().is_some_and(|number| number < FIRST_NEW) && !UNIMPLEMENTED.contains(&syscall.name())
}
