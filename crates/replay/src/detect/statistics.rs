//! Events, violations and malformed lines -> counts, in bounded memory.
//!
//! `total_events`, `violations`, `blocked`, `by_process`, `by_type` and `started_at` have the names of the product's
//! runtime guard. They are counts of this stream: the guard counts only violations as events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::shadow::DifferenceOfRule;
use super::violation::{PolicyName, Violation};
use crate::counter::Counter;
use crate::impact::{Count, IncompleteFile, MalformedLine, ProblemLines};
use crate::moment::Moment;
use crate::tally::Problem;

/// Malformed lines shown of each kind.
const SHOWN: usize = 3;
/// Rules and missing fields are as many as the policy has; this bounds them all the same.
const MOST: usize = 20_000;

/// What was found in a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Statistics {
    /// Events that were read.
    pub total_events: u64,
    /// Violations and matches of detections; an event may be several.
    pub violations: u64,
    /// Those that a policy prescribes to block.
    pub blocked: u64,
    /// By the base name of the executable.
    pub by_process: BTreeMap<String, u64>,
    /// By type.
    pub by_type: BTreeMap<String, u64>,
    /// By severity.
    pub by_severity: BTreeMap<String, u64>,
    /// By action.
    pub by_action: BTreeMap<String, u64>,
    /// By the line that decided, the most frequent first.
    pub by_rule: Vec<RuleCount>,
    /// The time of the first event.
    pub started_at: Option<String>,
    /// The time of the last event.
    pub ended_at: Option<String>,
    /// Events that may be a violation, depending on missing fields.
    pub possible: u64,
    /// Those fields; `event_kind` where the kind that the Console assigns decides.
    pub depends_on: Vec<Count>,
    /// Investigations that were opened.
    pub investigations: u64,
    /// Lines.
    pub lines: u64,
    /// Lines that could not be read.
    pub malformed: u64,
    /// Those, by what is wrong.
    pub problems: Vec<ProblemLines>,
    /// Files that were not read to their end.
    pub incomplete: Vec<IncompleteFile>,
    /// Whether some list dropped rare values because there were too many.
    pub approximate: bool,
    /// The difference to the candidate, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Vec<DifferenceOfRule>>,
}

/// Violations of one line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleCount {
    /// The document.
    pub policy: PolicyName,
    /// File and line.
    pub source: String,
    /// Violations.
    pub violations: u64,
}

/// Counts, while a stream is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    events: u64,
    violations: u64,
    blocked: u64,
    by_process: Counter,
    by_type: Counter,
    by_severity: Counter,
    by_action: Counter,
    by_rule: BTreeMap<(PolicyName, String), u64>,
    first: Option<Moment>,
    last: Option<Moment>,
    possible: u64,
    depends_on: Counter,
    pub(super) investigations: u64,
    pub(super) lines: u64,
    problems: BTreeMap<Problem, ProblemLines>,
    pub(super) incomplete: Vec<IncompleteFile>,
}

impl Counts {
    pub(super) fn event(&mut self, time: Option<Moment>) {
        self.events += 1;
        if let Some(time) = time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }

    pub(super) fn violation(&mut self, violation: &Violation) {
        if violation.is_possible {
            self.possible += 1;
            violation.depends_on.iter().for_each(|field| self.depends_on.add(field));
            if violation.depends_on.is_empty() {
                self.depends_on.add("event_kind");
            }
            return;
        }
        self.violations += 1;
        self.blocked += u64::from(violation.action == "blocked");
        self.by_process.add(violation.process_name.as_deref().unwrap_or("unknown"));
        self.by_process.shrink();
        self.by_type.add(&violation.kind);
        self.by_severity.add(&violation.severity);
        self.by_action.add(violation.action);
        let rule = (violation.policy.clone(), violation.source.clone());
        if self.by_rule.len() < MOST || self.by_rule.contains_key(&rule) {
            *self.by_rule.entry(rule).or_default() += 1;
        }
    }

    pub(super) fn problem(&mut self, problem: Problem, found: String, text: String) {
        let of = self.problems.entry(problem).or_insert_with(|| ProblemLines {
            problem: problem.text().to_owned(),
            lines: 0,
            first: Vec::new(),
        });
        of.lines += 1;
        if of.first.len() < SHOWN {
            of.first.push(MalformedLine { found, text });
        }
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    pub(super) fn total(&self, shadow: Option<Vec<DifferenceOfRule>>) -> Statistics {
        let by = |counter: &Counter| {
            counter.sorted().into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
        };
        let by_rule = self.by_rule.iter().map(|((policy, source), violations)| RuleCount {
            policy: policy.clone(),
            source: source.clone(),
            violations: *violations,
        });
        let mut by_rule: Vec<_> = by_rule.collect();
        by_rule.sort_by(|left, right| {
            right.violations.cmp(&left.violations).then_with(|| left.source.cmp(&right.source))
        });
        let depends_on = self.depends_on.sorted().into_iter();
        Statistics {
            total_events: self.events,
            violations: self.violations,
            blocked: self.blocked,
            by_process: by(&self.by_process),
            by_type: by(&self.by_type),
            by_severity: by(&self.by_severity),
            by_action: by(&self.by_action),
            by_rule,
            started_at: self.first.map(|first| first.to_string()),
            ended_at: self.last.map(|last| last.to_string()),
            possible: self.possible,
            depends_on: depends_on.map(|(value, events)| Count { value: value.to_owned(), events }).collect(),
            investigations: self.investigations,
            lines: self.lines,
            malformed: self.problems.values().map(|of| of.lines).sum(),
            problems: self.problems.values().cloned().collect(),
            incomplete: self.incomplete.clone(),
            approximate: !self.by_process.is_exact(),
            shadow,
        }
    }
}
