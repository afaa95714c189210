//! A policy -> the BPF programs that it needs at each hook.

use std::collections::{BTreeMap, BTreeSet};

use telovix_document::lower::Policy;
use telovix_platform::{Kernel, Target};
use telovix_policy::confine::{Condition, Operation, Subject, SyscallSet};

use super::native;

/// Programs that one hook's trampoline holds (`BPF_MAX_TRAMP_LINKS` in the kernel's `include/linux/bpf.h`).
pub const TRAMPOLINE_SLOTS: usize = 38;

/// The programs that a policy needs on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The target.
    pub target: Target,
    /// Programs by hook, on the host with the most: documents of other sensors and groups do not count.
    pub programs: BTreeMap<String, usize>,
}

/// Returns the programs that the native runtime attaches on a kernel. Those of Tetragon are counted when its policies are
/// written.
#[must_use]
pub fn native_programs(policy: &Policy, kernel: Kernel) -> BTreeMap<String, usize> {
    Used::collect(policy).natively(kernel).into_iter().map(|(hook, count)| (hook.to_owned(), count)).collect()
}

/// What a policy confines, regardless of the subject.
#[derive(Default)]
struct Used {
    operations: BTreeSet<Operation>,
    syscalls: SyscallSet,
    /// Whether the programs have to identify tasks.
    is_tracked: bool,
}

impl Used {
    fn collect(policy: &Policy) -> Self {
        let mut used = Self::default();
        for confinement in policy.confinements.iter().chain(&policy.native) {
            if let Condition::Syscall(syscalls) = &confinement.condition {
                used.syscalls = used.syscalls.union(syscalls);
            }
            used.is_tracked |= confinement.subject != Subject::Everyone || !confinement.exemptions.is_empty();
            used.operations.insert(confinement.operation);
        }
        used
    }

    /// One program for each hook, however many documents there are.
    fn natively(&self, kernel: Kernel) -> BTreeMap<&'static str, usize> {
        let hooks = self
            .operations
            .iter()
            .copied()
            .filter(|operation| *operation != Operation::Syscall)
            .flat_map(|operation| native::operation_hooks(operation, kernel));
        let tracking = native::TRACKING.into_iter().filter(|_| self.is_tracked);
        let syscalls = native::syscall_hooks(&self.syscalls, kernel);
        hooks.chain(tracking).chain(syscalls).map(|hook| (hook, 1)).collect()
    }
}
