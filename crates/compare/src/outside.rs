//! Documents outside the confinements, and an event -> which of them are not evaluated, and which detections match.
//!
//! Custom rules and TracingPolicies run in Tetragon: their effect on an event is not computed, only whether their
//! hooks can see it. Detections are evaluated by the Console, after the event: their conditions are evaluated here,
//! and never change the effect of a confinement.

mod engine_policy;
mod filter;
mod hook;

use engine_policy::EnginePolicy;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_document::{DetectionAction, Document, GuardianPolicy, Match, Observed};
use telovix_policy::confine::Effect;
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, NotEvaluated, UNKNOWN, VerdictReport,
};

/// The documents of a policy that act outside its confinements.
#[derive(Debug)]
pub struct Outside<'policy> {
    sources: &'policy SourceSet,
    policies: Vec<EnginePolicy>,
    detections: Vec<&'policy GuardianPolicy>,
}

impl<'policy> Outside<'policy> {
    /// Collects enabled rules and enforcing policies outside packs that are not enforced, and every detection.
    #[must_use]
    pub fn new(policy: &'policy Policy, sources: &'policy SourceSet) -> Self {
        let detection = |document: &'policy Document| match document {
            Document::GuardianPolicy(detection) => Some(detection),
            _ => None,
        };
        let detections = policy.documents.iter().filter_map(|placed| detection(&placed.document));
        Self { sources, policies: engine_policy::acting(policy), detections: detections.collect() }
    }

    /// Completes the verdict of the confinements: sets `unknown` if a document that is not evaluated may give a
    /// stronger effect than the certain one, and adds the detections that match or may match.
    pub fn complete(&self, event: &Event, verdict: &mut VerdictReport) {
        let certain = verdict.at_least.unwrap_or(verdict.effect);
        let named = |name: &str| {
            Effect::ALL
                .into_iter()
                .find(|effect| effect.name() == name)
                .expect("a verdict has the name of an effect")
        };
        let least = named(certain);
        let mut most = named(verdict.at_most.unwrap_or(verdict.effect));
        for policy in self.policies.iter().filter(|policy| policy.strongest() > least) {
            let Some(hooks) = policy.hooks_that_see(event) else { continue };
            most = most.max(policy.strongest());
            verdict.not_evaluated.push(self.not_evaluated(policy, hooks));
        }
        let observed = Observed::of(event);
        for detection in &self.detections {
            let found = detection.matches(&observed);
            if found == Match::No {
                continue;
            }
            // The Console kills after the event: the effect on the event itself is unchanged, unless the match is uncertain.
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

    /// Returns every document that is not evaluated and may act on some event, of the process in `event` if it has one;
    /// for queries about more than one event.
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
