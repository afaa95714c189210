//! What happens to an event, and why; as values and as the JSON of `why`.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use telovix_diagnostic::source::SourceSet;

use super::{Event, Fields, lists, nearest};
use crate::confine::{Confinement, Effect, Exemption, Listing, Member};

/// What happens to one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'policy> {
    /// The effect; the strongest that is possible when the verdict depends on unknown fields.
    pub effect: Effect,
    /// The weakest effect that is possible.
    pub at_least: Effect,
    /// The fields that the event lacks and that the effect depends on. Empty exactly where all events that fill them
    /// in get one effect; where there are too many such events to try, every field that may matter.
    pub depends_on: Fields,
    /// The confinement that decided; none if no confinement applies to the event.
    pub decision: Option<Decision<'policy>>,
}

/// The confinement that decided an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<'policy> {
    /// The index of the confinement.
    pub index: usize,
    /// The confinement.
    pub confinement: &'policy Confinement,
    /// How it decided.
    pub reason: Reason<'policy>,
}

/// How a confinement decides an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason<'policy> {
    /// It matches the event; the member is that of a block list.
    Names(Option<&'policy Member>),
    /// Its allowlist contains the event, so it does not match.
    Lists(&'policy Member),
    /// It matches the event, but the process is exempt.
    Exempts(&'policy Exemption),
}

impl<'policy> Verdict<'policy> {
    /// Returns the allowed values nearest to that of the event, if it is not in an allowlist.
    #[must_use]
    pub fn nearest(&self, event: &Event) -> Vec<&'policy Member> {
        match &self.decision {
            Some(Decision { confinement, reason: Reason::Names(_), .. }) => nearest(confinement, event),
            _ => Vec::new(),
        }
    }

    /// Returns the verdict in the shape of `why`.
    #[must_use]
    pub fn report(&self, event: &Event, sources: &SourceSet) -> VerdictReport {
        let decision = self.decision.as_ref();
        let written = decision.map_or(self.effect, |decision| match decision.reason {
            Reason::Names(_) => decision.confinement.effect,
            _ => self.effect,
        });
        let span = decision.map(|decision| match &decision.reason {
            Reason::Names(member) => member.map_or(decision.confinement.span, |member| member.span),
            Reason::Lists(member) => member.span,
            Reason::Exempts(exemption) => exemption.span,
        });
        let nearest: Vec<_> =
            self.nearest(event).into_iter().map(|member| member.value.to_string()).collect();
        let unknown = !self.depends_on.is_empty();
        VerdictReport {
            effect: if unknown { UNKNOWN } else { self.effect.name() },
            document: decision.map(|decision| DocumentReport::of(decision.confinement)),
            dimension: decision.map(|decision| decision.confinement.dimension.name().into()),
            source: span.map(|span| sources.locate(span)),
            nearest: (!nearest.is_empty()).then(|| nearest.join(", port ")),
            member: decision.and_then(|decision| match decision.reason {
                Reason::Names(member) => member.map(|member| member.value.to_string()),
                Reason::Lists(member) => Some(member.value.to_string()),
                Reason::Exempts(_) => None,
            }),
            exempted: decision.and_then(|decision| match decision.reason {
                Reason::Exempts(exemption) => Some(exemption.reason.clone()),
                _ => None,
            }),
            written: (written != self.effect && !unknown).then_some(written.name()),
            depends_on: self.depends_on.iter().map(super::Field::name).collect(),
            at_least: unknown.then_some(self.at_least.name()),
            at_most: unknown.then_some(self.effect.name()),
            actions: Vec::new(),
            not_evaluated: Vec::new(),
            detections: Vec::new(),
        }
    }
}

impl<'policy> Decision<'policy> {
    /// Returns the decision of a confinement that matches the event.
    pub(super) fn names(index: usize, confinement: &'policy Confinement, event: &Event) -> Self {
        let member = match confinement.listing {
            Listing::Blocks => lists(confinement, event),
            Listing::Allows => None,
        };
        Self { index, confinement, reason: Reason::Names(member) }
    }
}

/// A verdict as `why` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerdictReport {
    /// `allow`, `observe`, `log`, `kill` or `deny`; `unknown` where it depends on a field that the event lacks or on
    /// a document that is not evaluated.
    pub effect: &'static str,
    /// The document that decided; null if no document applies to the event. Where the effect is unknown, the one that
    /// gives the strongest effect that is possible.
    pub document: Option<DocumentReport>,
    /// The part of the document.
    pub dimension: Option<Cow<'static, str>>,
    /// File and line that decided: `profiles/amf.yaml:12`.
    pub source: Option<String>,
    /// The allowed value nearest to that of the event, if it is not in an allowlist.
    pub nearest: Option<String>,
    /// The listed value that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Why the process is exempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempted: Option<String>,
    /// The actions of the selector that decided, in order, if it is one of Tetragon.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<&'static str>,
    /// The effect as written, if its pack is not enforced, or if the policy only monitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<&'static str>,
    /// The fields the event lacks and the effect depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<&'static str>,
    /// The weakest effect that is possible, where the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<&'static str>,
    /// The strongest effect that is possible, where the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<&'static str>,
    /// Documents that may affect the event, depending on what no event says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_evaluated: Vec<NotEvaluated>,
    /// Detections that match the event, or may: what the Console does after the event, whatever the effect is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub detections: Vec<DetectionReport>,
}

/// The name of an effect that depends on unknown fields.
pub const UNKNOWN: &str = "unknown";

impl VerdictReport {
    /// Returns whether the effect depends on what is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.effect == UNKNOWN
    }
}

/// A document that may have an effect, depending on what is not evaluated here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotEvaluated {
    /// The document.
    pub document: DocumentReport,
    /// File and line: `rules/shadow.yaml:3`.
    pub source: String,
    /// The hooks by which it may affect the event: `file_open`; of a detection, none.
    pub hooks: Vec<String>,
    /// What decides whether it has the effect, and no event says: `matchPIDs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
    /// The strongest effect it may give.
    pub at_most: &'static str,
}

/// The result of a detection for an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DetectionReport {
    /// The document.
    pub document: DocumentReport,
    /// File and line.
    pub source: String,
    /// `flag`, `alert`, `kill_process` or `create_investigation`.
    pub action: &'static str,
    /// `info`, `warning` or `critical`.
    pub severity: &'static str,
    /// Whether it matches; false where it may, depending on what is not known.
    pub matches: bool,
    /// The fields the event lacks and the match depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<&'static str>,
}

/// A document in output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentReport {
    /// `GuardianProfile`, `EnforcementRule` or `RuntimeGuard`; of what is not evaluated, `TracingPolicy` as well, and
    /// of detections `GuardianPolicy`.
    pub kind: Cow<'static, str>,
    /// The id.
    pub id: String,
    /// The readable name.
    pub name: String,
}

impl DocumentReport {
    /// Names the document of a confinement.
    #[must_use]
    pub fn of(confinement: &Confinement) -> Self {
        let document = &confinement.document;
        Self { kind: document.kind.name().into(), id: document.id.clone(), name: document.name.clone() }
    }
}
