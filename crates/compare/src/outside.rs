//! Documents outside the confinements, and an event -> their verdict on it, and which detections match.
//!
//! Custom rules and TracingPolicies run in Tetragon and are judged as Tetragon does. Detections are evaluated by the
//! Console, after the event: their conditions are evaluated here, and never change the effect of a confinement.

mod engine_policy;
mod stops;

pub(crate) use engine_policy::EnginePolicy;
use engine_policy::Opinion;
pub use stops::Stop;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::lower::Policy;
use telovix_document::{DetectionAction, Document, GuardianPolicy, Match, Observed};
use telovix_policy::confine::Effect;
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, Fields, NotEvaluated, UNKNOWN, VerdictReport,
};

/// The documents of a policy that act outside its confinements.
#[derive(Debug)]
pub struct Outside<'policy> {
    sources: &'policy SourceSet,
    policies: Vec<EnginePolicy>,
    detections: Vec<&'policy GuardianPolicy>,
}

/// What one Tetragon policy does to an event.
#[derive(Debug, Clone)]
pub struct EngineOpinion {
    /// The number of the policy.
    pub policy: usize,
    /// The span of what decides.
    pub span: Span,
    /// The document.
    pub document: DocumentReport,
    /// The hook whose selector matches.
    pub hook: String,
    /// File and line of what decides.
    pub source: String,
    /// The effect; the strongest that is possible.
    pub effect: Effect,
    /// The weakest effect that is possible.
    pub at_least: Effect,
    /// Whether it is certain.
    pub is_certain: bool,
    /// The fields of the event that it depends on.
    pub fields: Fields,
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

    /// Returns what acts outside the confinements where Tetragon does not run: detections.
    #[must_use]
    pub fn without_tetragon(&self) -> Self {
        Self { sources: self.sources, policies: Vec::new(), detections: self.detections.clone() }
    }

    /// Returns what each Tetragon policy does, or may do, to an event; without those of which no selector matches.
    #[must_use]
    pub fn opinions(&self, event: &Event) -> Vec<EngineOpinion> {
        let opinions = self.policies.iter().enumerate().map(|(at, policy)| (at, policy, policy.judge(event)));
        let told = opinions.filter_map(|(at, policy, opinion)| {
            let hook = opinion.decider.map_or("policy", |decider| decider.hook());
            let span = opinion.decider.map_or(policy.span(), |decider| decider.span(event));
            let matches = opinion.decider.is_some() || opinion.most > Effect::Allow;
            matches.then(|| EngineOpinion {
                policy: at,
                span,
                document: policy.document().clone(),
                hook: hook.to_owned(),
                source: self.sources.locate(span),
                effect: opinion.most,
                at_least: opinion.least,
                is_certain: opinion.least == opinion.most,
                fields: opinion.fields,
            })
        });
        told.collect()
    }

    /// Returns the Tetragon policies.
    pub(crate) fn policies(&self) -> &[EnginePolicy] {
        &self.policies
    }

    /// Completes the verdict of the confinements: the strongest effect of any document counts. Sets `unknown` where a
    /// document may give a stronger effect than the certain one, and adds the detections that match or may match.
    pub fn complete(&self, event: &Event, verdict: &mut VerdictReport) {
        let named = |name: &str| {
            Effect::ALL
                .into_iter()
                .find(|effect| effect.name() == name)
                .expect("a verdict has the name of an effect")
        };
        let certain = named(verdict.at_least.unwrap_or(verdict.effect));
        let confined = named(verdict.at_most.unwrap_or(verdict.effect));
        let opinions: Vec<_> = self.policies.iter().map(|policy| (policy, policy.judge(event))).collect();
        let least = opinions.iter().map(|(_, opinion)| opinion.least).fold(certain, Effect::max);
        let mut most = opinions.iter().map(|(_, opinion)| opinion.most).fold(confined, Effect::max);
        let open = opinions.iter().filter(|(_, opinion)| opinion.most > least);
        let mut fields = open.clone().fold(Fields::default(), |fields, (_, one)| fields.union(one.fields));
        if confined > least {
            let lacking = Field::ALL.into_iter().filter(|field| verdict.depends_on.contains(&field.name()));
            fields = fields.union(lacking.collect());
        }
        for (policy, opinion) in open.filter(|(_, opinion)| !opinion.undecided.is_empty()) {
            let hooks = policy.may_act(event).map(|(hooks, _)| hooks).unwrap_or_default();
            verdict.not_evaluated.push(self.not_evaluated(
                policy,
                hooks,
                opinion.most,
                opinion.undecided.clone(),
            ));
        }
        let deciding = opinions.iter().filter(|(_, opinion)| {
            opinion.most == most && (most > confined || (opinion.least == most && certain < most))
        });
        // Of equal effects the certain one decides.
        if let Some((policy, opinion)) = deciding.min_by_key(|(_, opinion)| opinion.least < most) {
            self.decide(policy, opinion, event, verdict);
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
                    undecided: Vec::new(),
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
        let unknown = most > least;
        verdict.effect = if unknown { UNKNOWN } else { least.name() };
        verdict.at_least = unknown.then_some(least.name());
        verdict.at_most = unknown.then_some(most.name());
        verdict.depends_on = if unknown { fields.iter().map(Field::name).collect() } else { Vec::new() };
    }

    /// Puts the selector that decides into a verdict.
    fn decide(
        &self,
        policy: &EnginePolicy,
        opinion: &Opinion<'_>,
        event: &Event,
        verdict: &mut VerdictReport,
    ) {
        verdict.document = Some(policy.document().clone());
        verdict.nearest = None;
        verdict.exempted = None;
        verdict.written = None;
        verdict.member = None;
        verdict.actions = Vec::new();
        let Some(decider) = &opinion.decider else {
            verdict.dimension = Some("policy".into());
            verdict.source = Some(self.sources.locate(policy.span()));
            return;
        };
        let outcome = decider.outcome();
        verdict.dimension = Some(decider.hook().to_owned().into());
        verdict.source = Some(self.sources.locate(decider.span(event)));
        verdict.member = decider.member(event).map(str::to_owned);
        verdict.written = (outcome.written > outcome.most).then(|| outcome.written.name());
        verdict.actions.clone_from(&outcome.actions);
    }

    /// Returns every document outside the confinements that may enforce something on some event, of the process in
    /// `event` if it has one; for queries about more than one event.
    #[must_use]
    pub fn not_evaluated_on(&self, event: &Event) -> Vec<NotEvaluated> {
        let acting = self.policies.iter().filter_map(|policy| Some((policy, policy.may_act(event)?)));
        acting.map(|(policy, (hooks, most))| self.not_evaluated(policy, hooks, most, Vec::new())).collect()
    }

    fn not_evaluated(
        &self,
        policy: &EnginePolicy,
        hooks: Vec<String>,
        most: Effect,
        undecided: Vec<String>,
    ) -> NotEvaluated {
        NotEvaluated {
            document: policy.document().clone(),
            source: self.sources.locate(policy.span()),
            hooks,
            undecided,
            at_most: most.name(),
        }
    }
}

fn document(detection: &GuardianPolicy) -> DocumentReport {
    let name = detection.name.value.clone();
    DocumentReport { kind: "GuardianPolicy".into(), id: name.clone(), name }
}

#[cfg(test)]
mod tests;
