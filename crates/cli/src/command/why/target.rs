//! A policy, targets and an event -> what each target does with it, and why that is not what is written.

use serde::Serialize;
use telovix_compare::Outside;
use telovix_compiler::assessment::{Parents, bypass, effect, on_target};
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::{Direction, Policy};
use telovix_platform::{Backend, Target};
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Decision, Event, Index, Reason, VerdictReport};

/// What a target does with an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TargetReport {
    /// The target: `tetragon-6.12`.
    pub(super) target: &'static str,
    /// The effect there: `allow`, `observe`, `log`, `kill`, `deny` or `unknown`.
    pub(super) effect: &'static str,
    /// The weakest effect that is possible, where the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<&'static str>,
    /// The strongest effect that is possible, where the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<&'static str>,
    /// The effect as written, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) written: Option<&'static str>,
    /// Why it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// File and line that decide there.
    source: Option<String>,
}

/// A target and what is confined there.
pub(super) struct There {
    target: Target,
    confinements: Vec<Confinement>,
}

/// Returns what is confined on each target.
pub(super) fn there(policy: &Policy, targets: &[Target], parents: Parents) -> Vec<There> {
    let of = |target: &Target| {
        let confinements = match target.backend {
            Backend::Engine => on_target(*target, &policy.confinements, parents),
            Backend::Native => on_target(*target, policy.enforced_natively().iter(), parents),
        };
        There { target: *target, confinements }
    };
    targets.iter().map(of).collect()
}

/// Answers for targets.
pub(super) struct Targets<'run> {
    policy: &'run Policy,
    sources: &'run SourceSet,
    with_tetragon: &'run Outside<'run>,
    without_tetragon: Outside<'run>,
    parents: Parents,
    each: Vec<(&'run There, Index<'run>)>,
}

impl<'run> Targets<'run> {
    /// Prepares to answer.
    pub(super) fn new(
        policy: &'run Policy,
        sources: &'run SourceSet,
        outside: &'run Outside<'run>,
        parents: Parents,
        each: &'run [There],
    ) -> Self {
        Self {
            policy,
            sources,
            with_tetragon: outside,
            without_tetragon: outside.without_tetragon(),
            parents,
            each: each.iter().map(|there| (there, Index::new(&there.confinements))).collect(),
        }
    }

    /// Returns what each target does with an event, of which the policy as written gives `written`, decided by `decision`.
    /// The verdict becomes that of the target that does least.
    pub(super) fn complete(
        &self,
        event: &Event,
        decision: Option<&Decision<'_>>,
        written: &mut VerdictReport,
    ) -> Vec<TargetReport> {
        let mut weakest: Option<VerdictReport> = None;
        let mut reports = Vec::with_capacity(self.each.len());
        for (there, index) in &self.each {
            let (told, bypassed) = self.verdict(there, index, event);
            let differs = range(&told) != range(written);
            let reason = differs.then(|| self.reason(there.target, event, decision, written, &told));
            reports.push(TargetReport {
                target: there.target.name(),
                effect: told.effect,
                at_least: told.at_least,
                at_most: told.at_most,
                written: differs.then_some(written.effect),
                reason: bypassed.filter(|_| differs).map(known_bypass).or(reason.flatten()),
                source: told.source.clone(),
            });
            if weakest.as_ref().is_none_or(|least| range(&told) < range(least)) {
                weakest = Some(told);
            }
        }
        if let Some(told) = weakest.filter(|told| range(told) != range(written)) {
            *written = match told.document {
                Some(_) => told,
                // Nothing is in force there: what is written is what there is to show.
                None => VerdictReport {
                    document: written.document.take(),
                    dimension: written.dimension.take(),
                    source: written.source.take(),
                    nearest: written.nearest.take(),
                    member: written.member.take(),
                    actions: std::mem::take(&mut written.actions),
                    ..told
                },
            };
        }
        reports
    }

    /// Returns the verdict on a target, and the bypass by which it is weaker than its policies.
    fn verdict(
        &self,
        there: &There,
        index: &Index<'_>,
        event: &Event,
    ) -> (VerdictReport, Option<&'static str>) {
        if there.target.backend == Backend::Native {
            let mut told = index.judge(event).report(event, self.sources);
            self.without_tetragon.complete(event, &mut told);
            return (told, None);
        }
        let bypassed = there.confinements.iter().find_map(|confinement| bypass(event, confinement));
        let mut told = match bypassed {
            None => index.judge(event).report(event, self.sources),
            Some(_) => {
                let closed = there.confinements.iter().filter(|one| bypass(event, one).is_none());
                let closed: Vec<Confinement> = closed.cloned().collect();
                Index::new(&closed).judge(event).report(event, self.sources)
            }
        };
        self.with_tetragon.complete(event, &mut told);
        (told, bypassed)
    }

    /// Returns why the effect on a target is not what is written, if that is known.
    fn reason(
        &self,
        target: Target,
        event: &Event,
        decision: Option<&Decision<'_>>,
        written: &VerdictReport,
        told: &VerdictReport,
    ) -> Option<String> {
        let is_weaker = range(told) < range(written);
        let passed_through = || {
            let is_decider = |name: &str| written.document.as_ref().is_some_and(|one| one.name == name);
            self.policy.custom_policies().find(|custom| is_decider(&custom.policy.name.value))
        };
        if target.backend == Backend::Native
            && let Some(custom) = passed_through()
        {
            if custom.policy.actions.enforcing.is_none() {
                return Some("the native runtime does not evaluate a policy that only reports".to_owned());
            }
            let native = &custom.placed.native;
            let obstacle = native.obstacles.first().map(|obstacle| obstacle.reason.to_string());
            let direction = |difference: &Direction| *difference == Direction::Weaker || !is_weaker;
            let differences = &native.differences;
            let difference = differences.iter().find(|one| direction(&one.direction)).or(differences.first());
            return obstacle.or(difference.map(|difference| difference.text.to_owned()));
        }
        let confinement = decision.map(|decision| decision.confinement)?;
        if is_weaker {
            let reason = effect(target, confinement).reason;
            return (confinement.operation == event.operation && !reason.is_empty())
                .then(|| reason.into_owned());
        }
        let by_parent = matches!(
            decision.map(|decision| &decision.reason),
            Some(Reason::Exempts(exemption)) if exemption.parent.is_some()
        );
        (by_parent && self.parents == Parents::Unknown).then(|| {
            "Tetragon does not know the parents of processes here, so the exception is ignored".to_owned()
        })
    }
}

fn known_bypass(name: &str) -> String {
    format!("a known bypass of Tetragon, {name}")
}

/// Returns the effects that are possible.
fn range(verdict: &VerdictReport) -> (Effect, Effect) {
    let named = |name: &str| Effect::ALL.into_iter().find(|effect| effect.name() == name);
    let least = verdict.at_least.unwrap_or(verdict.effect);
    let most = verdict.at_most.unwrap_or(verdict.effect);
    (named(least).unwrap_or_default(), named(most).unwrap_or_default())
}
