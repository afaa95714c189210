//! System calls -> the cells that hold their class, one for each number that enters the kernel with them.

use std::sync::LazyLock;

use telovix_bpf_programs::layout::{SYSCALL_CELLS, SYSCALLS_IA32_START, SYSCALLS_X86_64, SyscallTable};

use crate::confine::SyscallSet;
use crate::document::value::Syscall;

/// Calls that the x32 ABI numbers differently from the 64-bit one, from 512 on.
/// Source: the kernel's generated `unistd_x32.h`.
const X32_ONLY: [&str; 36] = [
    "rt_sigaction",
    "rt_sigreturn",
    "ioctl",
    "readv",
    "writev",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "execve",
    "ptrace",
    "rt_sigpending",
    "rt_sigtimedwait",
    "rt_sigqueueinfo",
    "sigaltstack",
    "timer_create",
    "mq_notify",
    "kexec_load",
    "waitid",
    "set_robust_list",
    "get_robust_list",
    "vmsplice",
    "move_pages",
    "preadv",
    "pwritev",
    "rt_tgsigqueueinfo",
    "recvmmsg",
    "sendmmsg",
    "process_vm_readv",
    "process_vm_writev",
    "setsockopt",
    "getsockopt",
    "io_setup",
    "io_submit",
    "execveat",
    "preadv2",
    "pwritev2",
];

/// Calls by cell, made once: which call enters the kernel by a number.
static CALLS: LazyLock<Vec<Option<Syscall>>> = LazyLock::new(|| {
    let mut calls = vec![None; SYSCALL_CELLS];
    for syscall in Syscall::all() {
        for cell in cells(syscall) {
            if let Some(call) = calls.get_mut(cell) {
                *call = Some(syscall);
            }
        }
    }
    calls
});

/// Returns the cells of a syscall table that a call has.
pub(super) fn cells(syscall: Syscall) -> impl Iterator<Item = usize> {
    let x32 = X32_ONLY.iter().position(|name| *name == syscall.name()).map(|index| SYSCALLS_X86_64 + index);
    let ia32 = syscall.ia32_number().map(|number| SYSCALLS_IA32_START + usize::from(number));
    [syscall.number().map(usize::from), x32, ia32].into_iter().flatten()
}

/// Returns the calls whose cells hold; nothing when a cell holds that none of them has, or one of theirs does not:
/// a set that no compile packs.
pub(super) fn calls(table: &SyscallTable, holds: impl Fn(u16) -> bool) -> Option<SyscallSet> {
    let held = || table.classes.iter().zip(CALLS.iter()).filter(|(class, _)| holds(**class));
    let count = held().count();
    if count == SYSCALL_CELLS {
        return Some(SyscallSet::all());
    }
    let calls: Option<SyscallSet> =
        held().map(|(_, call)| *call).collect::<Option<Vec<_>>>().map(|calls| calls.into_iter().collect());
    calls.filter(|calls| calls.iter().flat_map(cells).count() == count)
}
