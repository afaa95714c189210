//! A policy -> the programs it takes on each target, against what a kernel has room for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Backend, Target, TargetEffect, effect, native};
use crate::confine::{Dimension, Subject};
use crate::diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use crate::document::Scope;
use crate::lower::{Policy, PolicyDocument};
use crate::source::Span;

/// Programs that one hook's trampoline holds (`BPF_MAX_TRAMP_LINKS` in the kernel's `include/linux/bpf.h`).
pub const TRAMPOLINE_SLOTS: usize = 38;

/// More documents hook one place than the kernel has room for.
pub(super) static HOOK_BUDGET: Code = Code {
    id: "engine-hook-budget",
    title: "more policies hook one place than the kernel has room for",
    severity: Severity::Warning,
    explanation: "The engine attaches a program for every policy at every hook it uses, and the kernel allows 38 programs \
at one hook. The policies beyond that fail to load on a host that gets all of them.\n\nScope the documents to sensors or \
groups, so that no host gets more, or use the native runtime: it attaches one program per hook however many documents \
there are.",
    fires: Example::Made("39 enforced profiles with spawns, for the whole fleet", || profiles(39)),
    silent: Example::Made("38 enforced profiles with spawns, for the whole fleet", || profiles(38)),
};

fn profiles(count: usize) -> String {
    let profile = |number: usize| {
        format!(
            "---\nkind: GuardianProfile\nname: nf {number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n\
             allowed_spawns: [/usr/bin/logger]\n"
        )
    };
    (0..count).map(profile).collect()
}

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

/// Returns the budget of each target.
pub(super) fn predict(policy: &Policy, targets: &[Target], sink: &mut Sink) -> Vec<Budget> {
    let mut reported = BTreeSet::new();
    let mut budgets = Vec::with_capacity(targets.len());
    for target in targets {
        let users = users(policy, *target);
        let programs = match target.backend {
            Backend::Native => users.keys().map(|hook| (*hook, 1)).collect(),
            Backend::Engine => users.iter().map(|(hook, users)| (*hook, users.most())).collect(),
        };
        if target.backend == Backend::Engine {
            for (hook, users) in users.iter().filter(|(_, users)| users.most() > TRAMPOLINE_SLOTS) {
                if reported.insert(*hook) {
                    report(hook, users, sink);
                }
            }
        }
        budgets.push(Budget { target: *target, programs });
    }
    budgets
}

/// Which documents hook one place, by where they hold.
#[derive(Default)]
struct Users {
    by_scope: BTreeMap<Scope, usize>,
    beyond: Option<Span>,
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
            let user = users.entry(hook).or_default();
            *user.by_scope.entry(document.scope()).or_default() += 1;
            if user.beyond.is_none() && user.most() > TRAMPOLINE_SLOTS {
                user.beyond = Some(document.name_span());
            }
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
        let TargetEffect { hooks: own, .. } = effect(target, confinement);
        hooks.extend(own);
        let tracked = confinement.subject != Subject::Everyone || !confinement.exemptions.is_empty();
        if target.backend == Backend::Native && tracked {
            hooks.extend(native::TRACKING);
        }
    }
    hooks
}

fn report(hook: &str, users: &Users, sink: &mut Sink) {
    let most = users.most();
    let message = format!(
        "one host can get {most} policies at the hook `{hook}`, and a kernel has room for {TRAMPOLINE_SLOTS}"
    );
    sink.report(
        Diagnostic::new(&HOOK_BUDGET, users.beyond, message)
            .label("does not fit any more")
            .help("scope documents to sensors or groups, or use a native target"),
    );
}
