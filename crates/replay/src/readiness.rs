//! What a policy would have done with a history -> the conditions that keep it from its next step, each with what to do.
//!
//! The ladder of a pack is observe, enforce_ready, enforced; that of a profile observe, audit, enforce. Only the next step
//! up is judged, and the class `CandidateForEnforceReady` is needed for each of them. The names of class and conditions
//! are those of the product; where it names none, they are ours.

use schemars::JsonSchema;
use serde::Serialize;

use crate::impact::{Impact, RuleImpact};

/// Seconds of history that the product needs at least.
pub const LEAST_HISTORY: i64 = 300;

/// Whether something may take its next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Class {
    /// Nothing that was checked speaks against it.
    CandidateForEnforceReady,
    /// A person has to look at the caution conditions first.
    NeedsReview,
    /// A blocking condition must be removed first.
    Blocked,
    /// It is at the top of its ladder.
    NoNextStep,
}

impl Class {
    /// Returns its name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CandidateForEnforceReady => "CandidateForEnforceReady",
            Self::NeedsReview => "NeedsReview",
            Self::Blocked => "Blocked",
            Self::NoNextStep => "NoNextStep",
        }
    }

    /// Returns the class for the conditions of a step.
    #[must_use]
    pub fn of(conditions: &[Condition]) -> Self {
        let open = conditions.iter().filter(|condition| !condition.is_accepted);
        let strongest = open.map(|condition| condition.weight).max();
        match strongest {
            None => Self::CandidateForEnforceReady,
            Some(Weight::Caution) => Self::NeedsReview,
            Some(Weight::Blocking) => Self::Blocked,
        }
    }
}

/// Whether a condition can be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A person decides.
    Caution,
    /// It must be removed.
    Blocking,
}

/// Something that speaks against the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Condition {
    /// Its stable name.
    pub condition: String,
    /// Whether it blocks.
    pub weight: Weight,
    /// What was found.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// File and line, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether a person accepted it; only one that does not block can be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_accepted: bool,
}

impl Condition {
    /// Returns one that blocks.
    #[must_use]
    pub fn blocking(condition: &str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Weight::Blocking, condition, message.into(), fix.into())
    }

    /// Returns one that a person decides on.
    #[must_use]
    pub fn caution(condition: &str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Weight::Caution, condition, message.into(), fix.into())
    }

    /// Adds a place.
    #[must_use]
    pub fn at(self, source: impl Into<String>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Accepts it if it is one of these, and does not block.
    pub fn accept(&mut self, conditions: &[String]) {
        self.is_accepted = self.weight == Weight::Caution && conditions.contains(&self.condition);
    }

    fn new(weight: Weight, condition: &str, message: String, fix: String) -> Self {
        Self { condition: condition.to_owned(), weight, message, fix, source: None, is_accepted: false }
    }
}

/// Returns the conditions that a history sets. `impact` is that of the policy in its next step, and `required` the
/// observation window in seconds.
#[must_use]
pub fn of_history(impact: &Impact, required: i64) -> Vec<Condition> {
    let mut conditions = of_reading(impact);
    if impact.has_data {
        conditions.extend(of_window(impact, required));
        conditions.extend(impact.by_rule.iter().map(deviation));
        conditions.extend(uncertain(impact));
    } else {
        conditions.push(Condition::blocking(
            "no-data",
            "the history has no event that it covers: no data does not mean no deviations",
            "hook its operations with a TracingPolicy, let the program run, and collect again",
        ));
    }
    conditions
}

/// Whether the history was read as a whole.
fn of_reading(impact: &Impact) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for file in impact.history.incomplete.iter().filter(|file| file.lost) {
        let message = format!("`{}` was not read to its end: {}", file.file, file.problem);
        conditions.push(Condition::blocking(
            "history-incomplete",
            message,
            "collect the file again, or leave it out",
        ));
    }
    let malformed = impact.history.malformed;
    if malformed > 0 {
        let message = format!("{malformed} lines of the history could not be read");
        conditions.push(Condition::caution("malformed-lines", message, "look at them with `telovix impact`"));
    }
    let lost = impact.confidence.lost_events;
    if lost > 0 {
        let message = format!("Tetragon reports {lost} lost events: deviations may be among them");
        let fix = "raise Tetragon's rate limit or ring buffer, and collect again";
        conditions.push(Condition::caution("lost-events", message, fix));
    }
    conditions
}

fn of_window(impact: &Impact, required: i64) -> Option<Condition> {
    let fix = "collect for longer, and with the work of every hour and day in it";
    let Some(window) = &impact.confidence.covered_window else {
        let message = "no event that it covers has a time, so the observation window is not known";
        return Some(Condition::blocking(
            "observation-window-unknown",
            message,
            "export events with their `time`",
        ));
    };
    let seconds = window.seconds;
    if seconds < LEAST_HISTORY {
        let message = format!("its events cover {seconds} seconds, and at least {LEAST_HISTORY} are needed");
        return Some(Condition::blocking("history-under-300-seconds", message, fix));
    }
    (seconds < required).then(|| {
        let message =
            format!("its events cover {} of the {} that are required", hours(seconds), hours(required));
        Condition::blocking("observation-window-too-short", message, fix)
    })
}

/// Returns `23.5 h`, rounded down.
fn hours(seconds: i64) -> String {
    match seconds * 10 / 3_600 {
        tenths if tenths % 10 == 0 => format!("{} h", tenths / 10),
        tenths => format!("{}.{} h", tenths / 10, tenths % 10),
    }
}

fn deviation(rule: &RuleImpact) -> Condition {
    let events = if rule.events == 1 {
        "1 event deviates".to_owned()
    } else {
        format!("{} events deviate", rule.events)
    };
    let when = match (&rule.first_seen, &rule.last_seen) {
        (Some(first), Some(last)) if first != last => format!(", from {first} to {last}"),
        (Some(first), _) => format!(", at {first}"),
        _ => String::new(),
    };
    let sample = rule
        .samples
        .first()
        .map(|sample| format!(": {} ({})", sample.text, sample.found))
        .unwrap_or_default();
    let message = format!("{events} from `{}`, {}{when}{sample}", rule.name, rule.dimension);
    let fix = "allow what is legitimate, and stop the rest: `telovix impact` lists all of it, `telovix why` the nearest allowed value";
    Condition::blocking("deviations", message, fix).at(&rule.source)
}

/// What the history cannot show.
fn uncertain(impact: &Impact) -> Vec<Condition> {
    let mut conditions = Vec::new();
    if impact.possible_events > 0 {
        let fields: Vec<_> = impact.possible.lacking.iter().map(|field| field.value.as_str()).collect();
        let message = format!(
            "{} events may deviate, depending on missing fields: {}",
            impact.possible_events,
            fields.join(", ")
        );
        let fix = "record these fields with a TracingPolicy, or look at each with `telovix impact`";
        conditions.push(Condition::caution("possible-deviations", message, fix));
    }
    let confidence = &impact.confidence;
    if !confidence.unseen_operations.is_empty() {
        let message =
            format!("no event of an operation that it confines: {}", confidence.unseen_operations.join(", "));
        let fix = "hook them with a TracingPolicy, or accept that their effect is unknown";
        conditions.push(Condition::caution("operations-without-events", message, fix));
    }
    // A program may never do what a block list names; what it is allowed to do, it should have done.
    let allowlists = ["spawns", "files", "network", "capabilities"];
    let unused =
        confidence.without_events.iter().filter(|part| allowlists.contains(&part.dimension.as_str()));
    let unused: Vec<_> = unused.map(|part| format!("{} ({})", part.dimension, part.source)).collect();
    if !unused.is_empty() {
        let message = format!("no event shows what these lists would do: {}", unused.join(", "));
        let fix = "exercise the program in these parts, and collect again";
        conditions.push(Condition::caution("parts-without-events", message, fix));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::{Class, Condition, hours};

    #[test]
    fn one_blocking_condition_decides_the_class() {
        let (blocking, caution) = (Condition::blocking("a", "", ""), Condition::caution("b", "", ""));
        assert_eq!(Class::of(&[]), Class::CandidateForEnforceReady);
        assert_eq!(Class::of(std::slice::from_ref(&caution)), Class::NeedsReview);
        assert_eq!(Class::of(&[caution.clone(), blocking.clone()]), Class::Blocked);
        let accepted = |mut condition: Condition| {
            condition.accept(&["a".to_owned(), "b".to_owned()]);
            condition
        };
        assert_eq!(Class::of(&[accepted(caution)]), Class::CandidateForEnforceReady);
        assert_eq!(Class::of(&[accepted(blocking)]), Class::Blocked, "what blocks cannot be accepted");
    }

    #[test]
    fn hours_are_not_rounded_up() {
        assert_eq!([3_600, 86_399, 86_400].map(hours), ["1 h", "23.9 h", "24 h"]);
    }
}
