//! One rule of a document, as the table of a review shows it.

pub(crate) mod confinement;
pub(crate) mod detection;
pub(crate) mod hook;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Effect, Operation};

use crate::action::Action;
use crate::risk::Risk;
use crate::threat::{Threat, Threats};

/// A rule: what one line of a document does to the events of one hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rule {
    /// Its number in the review, from 1.
    pub number: usize,
    /// Kind and name of its document.
    pub document: String,
    /// File and line.
    pub source: String,
    /// Where the kernel is asked: LSM hook, kprobe, tracepoint, or the operation.
    pub hook: String,
    /// Whose events it sees.
    pub subject: String,
    /// The techniques it concerns; empty when none is known.
    pub threats: Vec<Threat>,
    /// What is not known about the threat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threat_not_known: Option<String>,
    /// What it does, what that may hit, and the way back.
    pub action: Action,
    /// How likely it fires on legitimate work.
    pub false_positives: Risk,
    /// Every field that selects events, with the reason it is there.
    pub fields: Vec<Field>,
    /// Affected events of the history; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_of_history: Option<u64>,
    #[serde(skip)]
    pub(crate) span: Span,
    #[serde(skip)]
    pub(crate) operations: Vec<Operation>,
}

/// A field that selects events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// Its name in the document.
    pub field: String,
    /// What it selects, shortened to its first values.
    pub value: String,
    /// What it does to the rule.
    pub why: String,
    /// File and line.
    pub source: String,
}

/// What a rule needs to become a line of the table.
pub(crate) struct Draft {
    pub(crate) document: String,
    pub(crate) source: String,
    pub(crate) hook: String,
    pub(crate) subject: String,
    pub(crate) threats: Threats,
    pub(crate) action: Action,
    pub(crate) risk: Risk,
    pub(crate) fields: Vec<Field>,
    pub(crate) span: Span,
    pub(crate) operations: Vec<Operation>,
}

impl Draft {
    /// Returns the rule; numbers are given when all rules are known.
    pub(crate) fn finish(self) -> Rule {
        let unknown = self.threats.is_empty().then(|| {
            format!("not known: no technique is recorded for `{}`, and the document names none", self.hook)
        });
        Rule {
            number: 0,
            document: self.document,
            source: self.source,
            hook: self.hook,
            subject: self.subject,
            threats: self.threats.into_found(),
            threat_not_known: unknown,
            action: self.action,
            false_positives: self.risk,
            fields: self.fields,
            events_of_history: None,
            span: self.span,
            operations: self.operations,
        }
    }
}

/// Values of a field that are shown; the rest are counted.
const SHOWN: usize = 6;

/// Returns the first values of a list, and how many more there are.
pub(crate) fn listed<T: ToString>(values: impl ExactSizeIterator<Item = T>) -> String {
    let count = values.len();
    if count == 0 {
        return "(empty)".to_owned();
    }
    let mut text: Vec<_> = values.take(SHOWN).map(|value| value.to_string()).collect();
    if count > SHOWN {
        text.push(format!("and {} more", count - SHOWN));
    }
    text.join(", ")
}

/// Returns the word for an effect that a reader of tables knows.
pub(crate) fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Observe => "observe only",
        Effect::Log => "log or alert",
        Effect::Kill => "kill the process",
        Effect::Deny => "deny the operation",
    }
}
