//! A tally -> the answer: what a policy would have done with a history, and the limits of the answer.

mod confidence;
mod delta;
mod shape;

use schemars::JsonSchema;
use serde::Serialize;

use crate::counter::Counter;
use crate::judge::{Judge, Rule};
use crate::moment::Moment;
use crate::scan::{Amount, Question};
use crate::tally::{ByRule, OfRule, Place, Sample, Tally};
use crate::vocabulary::{Effect, Field};
pub use confidence::{Confidence, Kind, OperationSeen, PartWithoutEvents, UpperBound, Window};
pub use delta::Delta;
pub use shape::{
    Count, Effects, History, HourImpact, IncompleteFile, MalformedLine, Possible, ProblemLines, RuleImpact,
    SampleEvent,
};

/// The version of the format. It increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;
/// Entries of each list of the most frequent.
const TOP: usize = 20;

/// What a policy would have done with a history.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Impact {
    /// The version of this format.
    pub version: u32,
    /// Whether the history has any event that the policy covers. Without one there is no answer: no data
    /// does not mean no violations.
    pub has_data: bool,
    /// Affected events: those that violate the policy, whatever their missing fields are.
    pub total_events: u64,
    /// Events that may be affected, depending on missing fields.
    pub possible_events: u64,
    /// Events that were read.
    pub scanned_events: u64,
    /// Events that the policy covers: with a binary and an operation that it confines.
    pub covered_events: u64,
    /// Affected events by effect.
    pub by_effect: Effects,
    /// The first affected event.
    pub first_seen: Option<String>,
    /// The last affected event.
    pub last_seen: Option<String>,
    /// The binaries with the most affected events.
    pub top_binaries: Vec<Count>,
    /// The rules that decided, the most frequent first.
    pub by_rule: Vec<RuleImpact>,
    /// Every hour of the history that has events.
    pub by_hour: Vec<HourImpact>,
    /// Affected events by the executable of the parent.
    pub by_parent: Vec<Count>,
    /// Affected events by destination port.
    pub by_port: Vec<Count>,
    /// Affected events by path.
    pub by_path: Vec<Count>,
    /// Affected events by host.
    pub by_host: Vec<Count>,
    /// Affected events by pod.
    pub by_pod: Vec<Count>,
    /// Events that may be affected, depending on missing fields.
    pub possible: Possible,
    /// The limits of the answer.
    pub confidence: Confidence,
    /// What was read.
    pub history: History,
    /// How the policy differs from the one given as `--base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
}

impl Impact {
    /// Answers the question from its tally.
    #[must_use]
    pub fn new(tally: &Tally, amount: &Amount, question: &Question<'_>) -> Self {
        let words = Words { files: &amount.files, judge: &question.now, before: None };
        Self {
            version: VERSION,
            has_data: tally.covered > 0,
            total_events: tally.affected_events(),
            possible_events: tally.possible.rules.values().map(|of| of.events).sum(),
            scanned_events: tally.events(),
            covered_events: tally.covered,
            by_effect: effects(tally),
            first_seen: tally.affected.0.map(|(first, _)| first.to_string()),
            last_seen: tally.affected.0.map(|(_, last)| last.to_string()),
            top_binaries: top(&tally.binaries),
            by_rule: words.rules(&tally.rules),
            by_hour: hours(tally),
            by_parent: top(&tally.parents),
            by_port: top(&tally.ports),
            by_path: top(&tally.paths),
            by_host: top(&tally.affected_hosts),
            by_pod: top(&tally.pods),
            possible: Possible { lacking: lacking(tally), by_rule: words.rules(&tally.possible) },
            confidence: confidence::confidence(tally, &question.now),
            history: history(tally, amount),
            delta: question.before.as_ref().map(|before| {
                delta::delta(
                    tally,
                    &Words { files: &amount.files, judge: &question.now, before: Some(before) },
                )
            }),
        }
    }

    /// Returns whether some event is affected or may be; with `--base`, whether some verdict differs.
    #[must_use]
    pub fn is_affected(&self) -> bool {
        self.total_events > 0
            || self.possible_events > 0
            || self
                .delta
                .as_ref()
                .is_some_and(|delta| delta.no_longer_affected > 0 || delta.changed_effect > 0)
    }
}

fn effects(tally: &Tally) -> Effects {
    let of = |effect: Effect| tally.effects.get(effect as usize).copied().unwrap_or(0);
    Effects {
        deny: of(Effect::Deny),
        kill: of(Effect::Kill),
        log: of(Effect::Log),
        observe: of(Effect::Observe),
    }
}

/// Returns the most frequent names.
fn top(counter: &Counter) -> Vec<Count> {
    let sorted = counter.sorted().into_iter().take(TOP);
    sorted.map(|(value, events)| Count { value: value.to_owned(), events }).collect()
}

fn lacking(tally: &Tally) -> Vec<Count> {
    let fields = Field::ALL.iter().zip(tally.lacking).filter(|(_, events)| *events > 0);
    let mut lacking: Vec<_> =
        fields.map(|(field, events)| Count { value: field.name().to_owned(), events }).collect();
    lacking.sort_by(|left, right| right.events.cmp(&left.events).then(left.value.cmp(&right.value)));
    lacking
}

fn hours(tally: &Tally) -> Vec<HourImpact> {
    let known = tally.hours.iter().filter(|(hour, _)| **hour != i64::MAX);
    let hours = known.map(|(hour, [scanned, events])| HourImpact {
        hour: Moment::of_hour(*hour).to_string(),
        scanned: *scanned,
        events: *events,
    });
    hours.collect()
}

/// Returns what was read, and what could not be.
pub(crate) fn history(tally: &Tally, amount: &Amount) -> History {
    let place = |place: &Place| found(&amount.files, *place);
    let problems = tally.problems.iter().map(|(problem, of)| ProblemLines {
        problem: problem.text().to_owned(),
        lines: of.lines,
        first: of
            .first
            .iter()
            .map(|(at, text)| MalformedLine { found: place(at), text: text.clone() })
            .collect(),
    });
    let broken = amount.broken.iter().map(|broken| IncompleteFile {
        file: broken.file.clone(),
        problem: broken.problem.clone(),
        lost: true,
    });
    let changed = amount.changed.iter().map(|(file, changed)| {
        let (problem, lost) = changed.told();
        IncompleteFile { file: file.clone(), problem, lost }
    });
    let counters = [
        &tally.binaries,
        &tally.parents,
        &tally.paths,
        &tally.ports,
        &tally.pods,
        &tally.hosts,
        &tally.passed,
    ];
    History {
        files: amount.files.clone(),
        bytes: amount.bytes,
        lines: tally.lines,
        tetragon_events: tally.from_tetragon,
        telovix_events: tally.from_telovix,
        malformed: tally.malformed(),
        problems: problems.collect(),
        incomplete: broken.chain(changed).collect(),
        aggregated: tally.aggregated,
        approximate: counters.iter().any(|counter| !counter.is_exact()),
    }
}

/// Names a line of the history; of a table, the table.
fn found(files: &[String], place: Place) -> String {
    let file = files.get(place.file as usize).map_or("", String::as_str);
    if place.line == 0 { file.to_owned() } else { format!("{file}:{}", place.line) }
}

/// Names of rules and places.
struct Words<'run> {
    files: &'run [String],
    judge: &'run Judge<'run>,
    /// The base, whose rules decided the events that are allowed now.
    before: Option<&'run Judge<'run>>,
}

impl Words<'_> {
    /// Returns rules with what they decided, the most frequent first.
    fn rules(&self, by_rule: &ByRule) -> Vec<RuleImpact> {
        self.rules_of(self.judge, by_rule)
    }

    fn rules_of(&self, judge: &Judge<'_>, by_rule: &ByRule) -> Vec<RuleImpact> {
        let rules = by_rule.rules.iter().filter_map(|(rule, of)| rule.as_ref().map(|rule| (rule, of)));
        let mut rules: Vec<(RuleImpact, &Rule)> =
            rules.filter_map(|(rule, of)| Some((self.rule(judge, *rule, of)?, rule))).collect();
        rules.sort_by(|left, right| right.0.events.cmp(&left.0.events).then(left.1.cmp(right.1)));
        rules.into_iter().map(|(impact, _)| impact).collect()
    }

    fn rule(&self, judge: &Judge<'_>, rule: Rule, of: &OfRule) -> Option<RuleImpact> {
        let words = judge.describe(rule)?;
        Some(RuleImpact {
            kind: words.kind.to_owned(),
            id: words.id,
            name: words.name,
            dimension: words.dimension.to_owned(),
            source: words.source,
            member: words.member,
            effect: words.effect.to_owned(),
            events: of.events,
            first_seen: of.span.0.map(|(first, _)| first.to_string()),
            last_seen: of.span.0.map(|(_, last)| last.to_string()),
            hours: of.hours,
            samples: of.samples.iter().map(|sample| self.sample(sample)).collect(),
        })
    }

    fn sample(&self, sample: &Sample) -> SampleEvent {
        SampleEvent {
            event: sample.event.to_json(),
            text: sample.words.clone(),
            time: sample.time.map(|time| time.to_string()),
            host: sample.host.clone(),
            pod: sample.pod.clone(),
            found: found(self.files, sample.place),
            effect: sample.effect.name().to_owned(),
            before: sample.before.map(|before| before.name().to_owned()),
        }
    }
}
