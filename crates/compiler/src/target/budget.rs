//! A policy -> the programs it takes on each target, against what a kernel has room for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Backend, Target, native};
use crate::confine::{Dimension, Subject};
use crate::document::Scope;
use crate::lower::{Policy, PolicyDocument};

/// Programs that one hook's trampoline holds (`BPF_MAX_TRAMP_LINKS` in the kernel's `include/linux/bpf.h`).
pub const TRAMPOLINE_SLOTS: usize = 38;

/// The programs that a policy takes on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Where.
    pub target: Target,
    /// Programs by hook, on the host that gets the most: documents of other sensors and groups do not count.
    pub programs: BTreeMap<&'static str, usize>,
}

impl Budget {
    /// Returns the number of programs.
    #[must_use]
    pub fn total(&self) -> usize {
        self.programs.values().sum()
    }

    /// Returns the most slots taken at one hook, of [`TRAMPOLINE_SLOTS`].
    #[must_use]
    pub fn busiest(&self) -> Option<(&'static str, usize)> {
        self.programs.iter().map(|(hook, programs)| (*hook, *programs)).max_by_key(|(_, programs)| *programs)
    }
}

/// Returns the budget of each target. What does not fit is for the backends to report: they know how many
/// programs a document really takes.
pub(super) fn predict(policy: &Policy, targets: &[Target]) -> Vec<Budget> {
    let budget = |target: &Target| {
        let users = users(policy, *target);
        let programs = match target.backend {
            Backend::Native => users.keys().map(|hook| (*hook, 1)).collect(),
            Backend::Engine => users.iter().map(|(hook, users)| (*hook, users.most())).collect(),
        };
        Budget { target: *target, programs }
    };
    targets.iter().map(budget).collect()
}

/// Which documents hook one place, by where they hold.
#[derive(Default)]
struct Users {
    by_scope: BTreeMap<Scope, usize>,
}

impl Users {
    /// Returns the most that one host can get: what is for all, and what is for one sensor and one group.
    fn most(&self) -> usize {
        let count = |wanted: fn(&Scope) -> bool| {
            let scopes = self.by_scope.iter().filter(|(scope, _)| wanted(scope));
            scopes.map(|(_, count)| *count).max().unwrap_or(0)
        };
        count(|scope| *scope == Scope::Fleet)
            + count(|scope| matches!(scope, Scope::Group(_)))
            + count(|scope| matches!(scope, Scope::Sensor(_)))
    }
}

fn users(policy: &Policy, target: Target) -> BTreeMap<&'static str, Users> {
    let mut users: BTreeMap<&'static str, Users> = BTreeMap::new();
    for document in &policy.documents {
        for hook in hooks(policy, document, target) {
            let by_scope = &mut users.entry(hook).or_default().by_scope;
            *by_scope.entry(document.scope()).or_default() += 1;
        }
    }
    users
}

fn hooks(policy: &Policy, document: &PolicyDocument, target: Target) -> BTreeSet<&'static str> {
    let mut hooks = BTreeSet::new();
    for confinement in policy.confinements_of(document) {
        if target.backend == Backend::Engine && confinement.dimension == Dimension::NameSpace {
            continue;
        }
        hooks.extend(super::hooks(target, confinement));
        let tracked = confinement.subject != Subject::Everyone || !confinement.exemptions.is_empty();
        if target.backend == Backend::Native && tracked {
            hooks.extend(native::TRACKING);
        }
    }
    hooks
}
