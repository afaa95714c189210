//! A policy -> the BPF programs it needs at each hook of each target.

use std::collections::{BTreeMap, BTreeSet};

use telovix_document::lower::Policy;
use telovix_platform::{Backend, Kernel, Target};
use telovix_policy::confine::{Condition, Dimension, Operation, Subject, SyscallSet};
use telovix_policy::value::Scope;

use super::{engine, native};

/// Programs that one hook's trampoline holds (`BPF_MAX_TRAMP_LINKS` in the kernel's `include/linux/bpf.h`).
pub const TRAMPOLINE_SLOTS: usize = 38;

/// The programs that a policy needs on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The target.
    pub target: Target,
    /// Programs by hook, on the host with the most: documents of other sensors and groups do not count.
    pub programs: BTreeMap<&'static str, usize>,
}

impl Budget {
    /// Returns the number of programs.
    #[must_use]
    pub fn total(&self) -> usize {
        self.programs.values().sum()
    }

    /// Returns the hook with the most programs, and how many of its [`TRAMPOLINE_SLOTS`] they take.
    #[must_use]
    pub fn busiest(&self) -> Option<(&'static str, usize)> {
        self.programs.iter().map(|(hook, programs)| (*hook, *programs)).max_by_key(|(_, programs)| *programs)
    }
}

/// Returns the budget of each target. The backends report what does not fit: they know the exact number of
/// programs.
pub(super) fn predict(policy: &Policy, targets: &[Target]) -> Vec<Budget> {
    let used = Used::collect(policy);
    let programs = |target: &Target| match target.backend {
        Backend::Native => used.natively(target.kernel),
        Backend::Engine => used.by_engine(target.kernel),
    };
    targets.iter().map(|target| Budget { target: *target, programs: programs(target) }).collect()
}

/// What a policy confines, regardless of the subject.
#[derive(Default)]
struct Used {
    /// The number of documents that confine each operation, by scope; without what only native targets compile.
    documents: BTreeMap<Operation, BTreeMap<Scope, usize>>,
    /// Operations that only the native runtime confines: those that close name spaces, and those of policies that
    /// Tetragon gets as written.
    closing: BTreeSet<Operation>,
    syscalls: SyscallSet,
    /// Whether the programs have to identify tasks.
    is_tracked: bool,
}

impl Used {
    fn collect(policy: &Policy) -> Self {
        let mut used = Self::default();
        for document in &policy.documents {
            let mut operations = BTreeSet::new();
            for confinement in policy.confinements_of(document).iter().chain(policy.native_of(document)) {
                if let Condition::Syscall(syscalls) = &confinement.condition {
                    used.syscalls = used.syscalls.union(syscalls);
                }
                used.is_tracked |=
                    confinement.subject != Subject::Everyone || !confinement.exemptions.is_empty();
                if matches!(confinement.dimension, Dimension::NameSpace | Dimension::TracingPolicy) {
                    used.closing.insert(confinement.operation);
                } else {
                    operations.insert(confinement.operation);
                }
            }
            for operation in operations {
                *used.documents.entry(operation).or_default().entry(document.scope()).or_default() += 1;
            }
        }
        used
    }

    /// One program for each hook, however many documents there are.
    fn natively(&self, kernel: Kernel) -> BTreeMap<&'static str, usize> {
        let operations = self.documents.keys().chain(&self.closing).copied();
        let hooks = operations
            .filter(|operation| *operation != Operation::Syscall)
            .flat_map(|operation| native::operation_hooks(operation, kernel));
        let tracking = native::TRACKING.into_iter().filter(|_| self.is_tracked);
        let syscalls = native::syscall_hooks(&self.syscalls, kernel);
        hooks.chain(tracking).chain(syscalls).map(|hook| (hook, 1)).collect()
    }

    /// One program for each document at each hook it uses.
    fn by_engine(&self, kernel: Kernel) -> BTreeMap<&'static str, usize> {
        let mut programs = BTreeMap::new();
        for (operation, by_scope) in &self.documents {
            for hook in engine::operation_hooks(*operation, kernel) {
                *programs.entry(hook).or_default() += most(by_scope);
            }
        }
        programs
    }
}

/// Returns the most documents that one host can get: those of the fleet, of one sensor and of one group.
fn most(by_scope: &BTreeMap<Scope, usize>) -> usize {
    let count = |wanted: fn(&Scope) -> bool| {
        let scopes = by_scope.iter().filter(|(scope, _)| wanted(scope));
        scopes.map(|(_, count)| *count).max().unwrap_or(0)
    };
    count(|scope| *scope == Scope::Fleet)
        + count(|scope| matches!(scope, Scope::Group(_)))
        + count(|scope| matches!(scope, Scope::Sensor(_)))
}
