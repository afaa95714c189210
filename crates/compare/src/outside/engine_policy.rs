//! A Tetragon policy of a document -> its decided form, and the verdict on an event where its scope applies.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Levels, Sink};
use telovix_document::Document;
use telovix_document::lower::{CustomPolicy, Policy, PolicyDocument};
use telovix_policy::confine::{Effect, Gate};
use telovix_policy::judge::{DocumentReport, Event, Field, Fields};
use telovix_policy::value::Scope;
use telovix_tetragon::interpret::{Decided, Decider};
use telovix_tetragon::read;

/// A Tetragon policy.
#[derive(Debug)]
pub(crate) struct EnginePolicy {
    document: DocumentReport,
    span: Span,
    scope: Scope,
    /// `None` if the policy is invalid, so that it may do anything.
    decided: Option<Decided>,
}

/// What a policy does to an event.
#[derive(Debug)]
pub(crate) struct Opinion<'policy> {
    /// The weakest effect that is possible.
    pub(crate) least: Effect,
    /// The strongest effect that is possible.
    pub(crate) most: Effect,
    /// The fields that decide between both.
    pub(crate) fields: Fields,
    /// What else does: nothing that events have.
    pub(crate) undecided: Vec<String>,
    /// The selector that gives the strongest effect.
    pub(crate) decider: Option<Decider<'policy>>,
}

impl EnginePolicy {
    /// Returns the document of the policy.
    pub(super) fn document(&self) -> &DocumentReport {
        &self.document
    }

    /// Returns the span of the policy.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Returns its decided form; `None` if it is invalid.
    pub(crate) fn decided(&self) -> Option<&Decided> {
        self.decided.as_ref()
    }

    /// Returns where it applies.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Judges an event.
    pub(crate) fn judge(&self, event: &Event) -> Opinion<'_> {
        let mut opinion = match &self.decided {
            Some(decided) => {
                let ruling = decided.judge(event);
                let undecided = decided.words(ruling.needs.facts).into_iter().map(str::to_owned).collect();
                let (least, most, fields) = (ruling.least, ruling.most, ruling.needs.fields);
                Opinion { least, most, fields, undecided, decider: ruling.decider }
            }
            None => Opinion {
                least: Effect::Allow,
                most: Effect::Deny,
                fields: Fields::default(),
                undecided: vec!["the policy is invalid".to_owned()],
                decider: None,
            },
        };
        let field = match self.applies(event) {
            Ok(true) => return opinion,
            Ok(false) => {
                return Opinion {
                    least: Effect::Allow,
                    most: Effect::Allow,
                    fields: Fields::default(),
                    undecided: Vec::new(),
                    decider: None,
                };
            }
            Err(field) => field,
        };
        if opinion.most > Effect::Allow {
            opinion.least = Effect::Allow;
            opinion.fields = opinion.fields.union([field].into_iter().collect());
        }
        opinion
    }

    /// Returns the hooks by which it may act on an event, and the strongest effect it may give; none if it cannot act.
    pub(super) fn may_act(&self, event: &Event) -> Option<(Vec<String>, Effect)> {
        let most = self.judge(event).most;
        let hooks = self.decided.iter().flat_map(|decided| decided.hooks_that_may_act(event));
        (most > Effect::Log).then(|| (hooks.map(str::to_owned).collect(), most))
    }

    /// Returns whether its scope includes the host of an event, or the field that decides it.
    pub(crate) fn applies(&self, event: &Event) -> Result<bool, Field> {
        let is = |known: &Option<String>, name: &str, field| {
            known.as_deref().map(|known| known == name).ok_or(field)
        };
        match &self.scope {
            Scope::Fleet => Ok(true),
            Scope::Sensor(name) => is(&event.sensor, name, Field::Sensor),
            Scope::Group(name) => is(&event.group, name, Field::Group),
        }
    }
}

/// Returns the Tetragon policies of a policy, without those of packs that are not enforced.
pub(super) fn acting(policy: &Policy) -> Vec<EnginePolicy> {
    policy.custom_policies().filter(|custom| custom.placed.gate == Gate::Active).map(prepare).collect()
}

fn prepare(custom: CustomPolicy<'_>) -> EnginePolicy {
    let CustomPolicy { placed, policy, .. } = custom;
    // `lint` reports its errors.
    let document = read(&policy.node, &mut Sink::new(Levels::default()));
    EnginePolicy {
        document: name(placed, &policy.name.value),
        span: policy.span,
        scope: placed.scope(),
        decided: document.as_ref().map(Decided::new),
    }
}

fn name(placed: &PolicyDocument, name: &str) -> DocumentReport {
    match &placed.document {
        Document::EnforcementRule(rule) => DocumentReport {
            kind: "EnforcementRule".into(),
            id: rule.rule_id.as_ref().unwrap_or(&rule.name).value.clone(),
            name: name.to_owned(),
        },
        _ => DocumentReport { kind: "TracingPolicy".into(), id: name.to_owned(), name: name.to_owned() },
    }
}
