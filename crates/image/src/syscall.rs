//! System calls -> the table cells with their class, one for each number of the call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use telovix_bpf_programs::layout::{SYSCALL_CELLS, SYSCALLS_IA32_START, SYSCALLS_X86_64, SyscallTable};

use telovix_policy::confine::SyscallSet;
use telovix_policy::value::Syscall;

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

/// The cell of each of these calls, computed once.
static X32_CELLS: LazyLock<BTreeMap<Syscall, usize>> = LazyLock::new(|| {
    let calls = (SYSCALLS_X86_64..).zip(X32_ONLY);
    calls.filter_map(|(cell, name)| Some((Syscall::parse(name).ok()?, cell))).collect()
});

/// Every call with its cells, computed once.
static CALLS: LazyLock<Vec<(Syscall, Vec<usize>)>> =
    LazyLock::new(|| Syscall::all().map(|syscall| (syscall, cells(syscall).collect())).collect());

/// The cells without a call, computed once.
static NAMELESS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let mut nameless = [true; SYSCALL_CELLS];
    for cell in CALLS.iter().flat_map(|(_, cells)| cells) {
        if let Some(nameless) = nameless.get_mut(*cell) {
            *nameless = false;
        }
    }
    (0..SYSCALL_CELLS).zip(nameless).filter_map(|(cell, nameless)| nameless.then_some(cell)).collect()
});

/// Returns the cells of a syscall table that a call has.
pub(super) fn cells_of(syscall: Syscall) -> &'static [usize] {
    CALLS.get(syscall.index()).map_or(&[], |(_, cells)| cells)
}

fn cells(syscall: Syscall) -> impl Iterator<Item = usize> {
    let x32 = X32_CELLS.get(&syscall).copied();
    let ia32 = syscall.ia32_number().map(|number| SYSCALLS_IA32_START + usize::from(number));
    [syscall.number().map(usize::from), x32, ia32].into_iter().flatten()
}

/// Returns a number of the 64-bit entry that the tables cover and that no known call has. A number above the tables
/// would not do: the kernel refuses it itself, so no rule is asked.
pub(super) fn unnamed_number() -> u32 {
    NAMELESS.first().and_then(|cell| u32::try_from(*cell).ok()).unwrap_or(0)
}

/// A system-call table by class.
#[derive(Debug, Clone, Default)]
pub(super) struct CallsByClass {
    calls: BTreeMap<u16, Vec<Syscall>>,
    /// Classes of the numbers without a call.
    nameless: BTreeSet<u16>,
}

impl CallsByClass {
    /// Reads a table; `None` if the numbers of one call have different classes, which no compile packs.
    pub(super) fn of(table: &SyscallTable) -> Option<Self> {
        let class = |cell: &usize| table.classes.get(*cell).copied();
        let mut by_class = Self { nameless: NAMELESS.iter().filter_map(class).collect(), ..Self::default() };
        for (call, cells) in CALLS.iter() {
            let Some(of_call) = cells.first().and_then(class) else { continue };
            if cells.iter().any(|cell| class(cell) != Some(of_call)) {
                return None;
            }
            by_class.calls.entry(of_call).or_default().push(*call);
        }
        Some(by_class)
    }

    /// Returns the calls of the classes that `holds` accepts; `None` if it accepts only some numbers without a call.
    pub(super) fn calls(&self, holds: impl Fn(u16) -> bool) -> Option<SyscallSet> {
        let calls =
            self.calls.iter().filter(|(class, _)| holds(**class)).flat_map(|(_, calls)| calls).copied();
        let calls: SyscallSet = calls.collect();
        let nameless = self.nameless.iter().any(|class| holds(*class));
        (!nameless || calls == SyscallSet::all()).then_some(calls)
    }
}
