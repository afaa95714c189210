//! Documents that act beside the confinements, and an event -> what of them is not evaluated, and which detections
//! match.
//!
//! Custom rules and TracingPolicies act in the engine: what they would do to an event is not computed, only whether
//! their hooks can see it. Detections are evaluated by the Console, after the event: their conditions are computed
//! here, and never change the effect of a confinement.

mod detection;
mod engine_policy;
mod filter;
mod hook;

use detection::Match;
use engine_policy::EnginePolicy;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_document::{DetectionAction, Document, GuardianPolicy};
use telovix_policy::confine::Effect;
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, NotEvaluated, UNKNOWN, VerdictReport,
};

/// What acts beside the confinements of a policy.
#[derive(Debug)]
pub struct Outside<'policy> {
    sources: &'policy SourceSet,
    policies: Vec<EnginePolicy>,
    detections: Vec<&'policy GuardianPolicy>,
}

impl<'policy> Outside<'policy> {
    /// Collects what acts: rules that are enabled and policies that enforce, outside packs that are held back, and
    /// every detection.
    #[must_use]
    pub fn new(policy: &'policy Policy, sources: &'policy SourceSet) -> Self {
        let detection = |document: &'policy Document| match document {
            Document::GuardianPolicy(detection) => Some(detection),
            _ => None,
        };
        let detections = policy.documents.iter().filter_map(|placed| detection(&placed.document));
        Self { sources, policies: engine_policy::acting(policy), detections: detections.collect() }
    }

    /// Completes the verdict of the confinements: says `unknown` where a document that is not evaluated may give a
    /// stronger effect than they certainly do, and adds the detections that match or may match.
    pub fn complete(&self, event: &Event, verdict: &mut VerdictReport) {
        let certain = verdict.at_least.unwrap_or(verdict.effect);
        let named =
            |name: &str| Effect::ALL.into_iter().find(|effect| effect.name() == name).unwrap_or_default();
        let least = named(certain);
        let mut most = named(verdict.at_most.unwrap_or(verdict.effect));
        for policy in self.policies.iter().filter(|policy| policy.strongest() > least) {
            let Some(hooks) = policy.hooks_that_see(event) else { continue };
            most = most.max(policy.strongest());
            verdict.not_evaluated.push(self.not_evaluated(policy, hooks));
        }
        for detection in &self.detections {
            let found = detection::matches(detection, event);
            if found == Match::No {
                continue;
            }
            // The Console kills after the event: the effect on the event itself stays, unless nobody knows whether.
            let undecided = found != Match::Yes && detection.action == DetectionAction::KillProcess;
            if undecided && least < Effect::Kill {
                most = most.max(Effect::Kill);
                verdict.not_evaluated.push(NotEvaluated {
                    document: document(detection),
                    source: self.sources.locate(detection.span),
                    hooks: Vec::new(),
                    at_most: Effect::Kill.name(),
                });
            }
            verdict.detections.push(DetectionReport {
                document: document(detection),
                source: self.sources.locate(detection.span),
                action: detection.action.name(),
                severity: detection.severity.name(),
                matches: found == Match::Yes,
                depends_on: found.fields().iter().map(Field::name).collect(),
            });
        }
        if !verdict.not_evaluated.is_empty() {
            verdict.effect = UNKNOWN;
            verdict.at_least = Some(certain);
            verdict.at_most = Some(most.name());
        }
    }

    /// Returns every document that is not evaluated and may act on some event of the process that `event` has, if it
    /// tells one; for questions about more than one event.
    #[must_use]
    pub fn not_evaluated_on(&self, event: &Event) -> Vec<NotEvaluated> {
        let policies = self.policies.iter();
        policies
            .filter_map(|policy| Some(self.not_evaluated(policy, policy.hooks_that_see(event)?)))
            .collect()
    }

    fn not_evaluated(&self, policy: &EnginePolicy, hooks: Vec<String>) -> NotEvaluated {
        NotEvaluated {
            document: policy.document().clone(),
            source: self.sources.locate(policy.span()),
            hooks,
            at_most: policy.strongest().name(),
        }
    }
}

fn document(detection: &GuardianPolicy) -> DocumentReport {
    let name = detection.name.value.clone();
    DocumentReport { kind: "GuardianPolicy".into(), id: name.clone(), name }
}

#[cfg(test)]
mod tests;
