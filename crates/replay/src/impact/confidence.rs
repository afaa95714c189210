//! A tally -> the limits of the answer: what the history covers, and what it does not show.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Count, TOP, top};
use crate::judge::{Exposed, Judge, Subject};
use crate::tally::{Span, Tally};
use crate::vocabulary::Operation;

/// Parts of the policy named one by one.
const NAMED: usize = 50;
/// The confidence level of the upper bound, if events are independent.
const CHANCE: f64 = 0.95;

/// The limits of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Confidence {
    /// The time that the history covers; absent when no event has a time.
    pub window: Option<Window>,
    /// The time from the first to the last event that the policy covers; absent when none has a time.
    pub covered_window: Option<Window>,
    /// Events without a time.
    pub without_time: u64,
    /// The number of different hosts in the events.
    pub hosts: u64,
    /// The hosts with the most events.
    pub top_hosts: Vec<Count>,
    /// Every operation, with its number of events, and whether the policy confines it.
    pub operations: Vec<OperationSeen>,
    /// Operations that the policy confines and the history has no event of: no TracingPolicy hooked
    /// them, or they did not happen.
    pub unseen_operations: Vec<String>,
    /// Parts of the policy: a list of a profile, a rule.
    pub parts: u64,
    /// Parts without an event in the history: their effect is unknown, not zero.
    pub parts_without_events: u64,
    /// The first of them.
    pub without_events: Vec<PartWithoutEvents>,
    /// When no event is affected: how many may still be.
    pub upper_bound: Option<UpperBound>,
    /// Events that no policy decides, or whose operation is not known, by hook or kind.
    pub passed_over: Vec<Kind>,
    /// Events that were judged, by hook or kind.
    pub judged: Vec<Kind>,
    /// Events that Tetragon reports as lost.
    pub lost_events: u64,
}

/// The time that a history covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Window {
    /// The first event.
    pub first: String,
    /// The last event.
    pub last: String,
    /// Seconds between them.
    pub seconds: i64,
}

/// How often an operation was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperationSeen {
    /// The operation.
    pub operation: String,
    /// Its events.
    pub events: u64,
    /// Whether the policy confines it.
    pub confined: bool,
}

/// A part of the policy without an event in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartWithoutEvents {
    /// The name of its document.
    pub name: String,
    /// The part of the document.
    pub dimension: String,
    /// The operation.
    pub operation: String,
    /// File and line.
    pub source: String,
}

/// An upper bound on the rate of affected events when none was seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct UpperBound {
    /// Events that could have been affected and were not.
    pub events: u64,
    /// At most this share of such events is affected, if they are drawn independently of each other and the future is
    /// like this window: the rule of three, 3 / events.
    pub rate: f64,
    /// The confidence level of the bound.
    pub confidence: f64,
}

/// Events of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kind {
    /// The hook, the traced function, or the kind of event.
    pub kind: String,
    /// How many.
    pub events: u64,
}

pub(super) fn confidence(tally: &Tally, judge: &Judge<'_>) -> Confidence {
    let seen = |operation: Operation| tally.operations.get(operation as usize).copied().unwrap_or(0);
    let confined = |operation: Operation| judge.confine(operation);
    let operations = Operation::ALL.map(|operation| OperationSeen {
        operation: operation.name().to_owned(),
        events: seen(operation),
        confined: confined(operation),
    });
    let unseen = operations.iter().filter(|operation| operation.confined && operation.events == 0);
    let unseen_operations = unseen.map(|operation| operation.operation.clone()).collect();
    let events_of = |exposed: &Exposed| match exposed.subject {
        Subject::Everyone => seen(exposed.operation),
        Subject::Some(_) => tally.exposed.get(exposed).copied().unwrap_or(0),
    };
    let (mut parts, mut without) = (0, Vec::new());
    for (exposed, words) in judge.exposed() {
        parts += 1;
        if events_of(&exposed) == 0 {
            without.push(PartWithoutEvents {
                name: words.name,
                dimension: words.dimension.to_owned(),
                operation: exposed.operation.name().to_owned(),
                source: words.source,
            });
        }
    }
    let parts_without_events = without.len() as u64;
    without.truncate(NAMED);
    let none = tally.affected_events() == 0 && tally.possible.rules.is_empty() && tally.covered > 0;
    let kinds = |counter: &crate::counter::Counter| {
        let sorted = counter.sorted().into_iter().take(TOP);
        sorted.map(|(kind, events)| Kind { kind: kind.to_owned(), events }).collect()
    };
    Confidence {
        window: window(tally.span),
        covered_window: window(tally.covered_span),
        without_time: tally.without_time,
        hosts: tally.hosts.len() as u64,
        top_hosts: top(&tally.hosts),
        operations: operations.to_vec(),
        unseen_operations,
        parts,
        parts_without_events,
        without_events: without,
        upper_bound: none.then(|| UpperBound {
            events: tally.covered,
            rate: (3.0 / tally.covered as f64).min(1.0),
            confidence: CHANCE,
        }),
        passed_over: kinds(&tally.passed),
        judged: kinds(&tally.judged),
        lost_events: tally.reported_lost,
    }
}

fn window(span: Span) -> Option<Window> {
    let (first, last) = span.0?;
    Some(Window { first: first.to_string(), last: last.to_string(), seconds: last.since(first) })
}
