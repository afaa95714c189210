//! Events and verdicts -> counts that can be added up for any division of the history.

mod by_rule;
mod group;
mod problem;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::counter::Counter;
use crate::judge::{Exposed, Judgement};
use crate::moment::Moment;
use crate::vocabulary::{Effect, Event, Field, Operation};
pub(crate) use by_rule::{ByRule, OfRule, Sample};
pub(crate) use group::{GroupHour, Judged};
use problem::Problems;
pub use problem::{Place, Problem};

/// Places shown of each kind of problem, and samples kept of each rule.
const SHOWN: usize = 3;
/// Hours of a timeline; events of more are counted without their hour.
const HOURS: usize = 40_000;

/// The first and the last moment of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Option<(Moment, Moment)>);

impl Span {
    pub(crate) fn add(&mut self, moment: Option<Moment>) {
        if let Some(moment) = moment {
            self.absorb(Self(Some((moment, moment))));
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
    }
}

/// Events that two policies treat differently.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Delta {
    /// Allowed by the base, affected now; by the rule that decides now.
    pub(crate) gained: ByRule,
    /// Affected by the base, allowed now; by the rule of the base.
    pub(crate) lost: ByRule,
    /// Affected by both, with a different effect; by the rule that decides now.
    pub(crate) changed: ByRule,
    /// Affected by the base.
    pub(crate) affected_before: u64,
    /// Events for which one of the two verdicts depends on missing fields.
    pub(crate) uncertain: u64,
    pub(crate) binaries: Counter,
}

/// The counts of a history and a policy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub(crate) lines: u64,
    pub(crate) blank: u64,
    pub(crate) from_tetragon: u64,
    pub(crate) from_telovix: u64,
    pub(crate) aggregated: u64,
    pub(crate) reported_lost: u64,
    pub(crate) without_time: u64,
    pub(crate) problems: BTreeMap<Problem, Problems>,
    /// Kinds, with the hook where there is one.
    pub(crate) judged: Counter,
    pub(crate) passed: Counter,
    pub(crate) operations: [u64; Operation::ALL.len()],
    /// Events of each subject that the policy confines.
    pub(crate) exposed: FxHashMap<Exposed, u64>,
    /// Events of a binary and an operation that the policy confines.
    pub(crate) covered: u64,
    /// The first and the last of them.
    pub(crate) covered_span: Span,
    pub(crate) span: Span,
    pub(crate) hosts: Counter,
    /// By hours since 1970: events, affected events.
    pub(crate) hours: BTreeMap<i64, [u64; 2]>,
    /// Affected events by effect.
    pub(crate) effects: [u64; Effect::ALL.len()],
    pub(crate) affected: Span,
    pub(crate) rules: ByRule,
    pub(crate) binaries: Counter,
    pub(crate) parents: Counter,
    pub(crate) paths: Counter,
    pub(crate) ports: Counter,
    pub(crate) affected_hosts: Counter,
    pub(crate) pods: Counter,
    /// Events that may be affected, by rule, and by the fields it depends on.
    pub(crate) possible: ByRule,
    pub(crate) lacking: [u64; Field::ALL.len()],
    pub(crate) delta: Delta,
}

/// Who, where and when, of an event that was judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'line> {
    pub(crate) place: Place,
    pub(crate) time: Option<Moment>,
    pub(crate) host: Option<&'line str>,
    pub(crate) pod: Option<(&'line str, &'line str)>,
}

impl Tally {
    /// Notes a line that could not be judged.
    pub(crate) fn problem(&mut self, problem: Problem, place: Place, text: impl FnOnce() -> String) {
        let problems = self.problems.entry(problem).or_default();
        problems.lines += 1;
        if problems.first.len() < SHOWN {
            problems.first.push((place, text()));
        }
    }

    /// Notes when and where an event was.
    pub(crate) fn seen(&mut self, circumstances: &Circumstances<'_>) {
        match circumstances.time {
            Some(time) => {
                self.span.add(Some(time));
                self.hour(time)[0] += 1;
            }
            None => self.without_time += 1,
        }
        if let Some(host) = circumstances.host {
            self.hosts.add(host);
        }
    }

    /// Returns the counts of an hour.
    fn hour(&mut self, time: Moment) -> &mut [u64; 2] {
        let full = self.hours.len() >= HOURS && !self.hours.contains_key(&time.hour());
        self.hours.entry(if full { i64::MAX } else { time.hour() }).or_default()
    }

    /// Counts a verdict. `event` is made when it is wanted.
    pub(crate) fn verdict(
        &mut self,
        now: Judgement,
        before: Option<Judgement>,
        circumstances: &Circumstances<'_>,
        event: &mut dyn FnMut() -> Event,
    ) {
        let time = circumstances.time;
        if !now.is_affected() && !now.is_possible() && before.is_none_or(|before| before == now) {
            return;
        }
        let event = event();
        let sample = |effect| Sample {
            place: circumstances.place,
            words: event.to_string(),
            event: event.clone(),
            time,
            host: circumstances.host.map(str::to_owned),
            pod: circumstances.pod.map(|(namespace, name)| format!("{namespace}/{name}")),
            effect,
            before: before.map(|before| before.at_least),
        };
        if now.is_affected() {
            self.effects[now.at_least as usize] += 1;
            self.affected.add(time);
            if let Some(time) = time {
                self.hour(time)[1] += 1;
            }
            self.rules.add(now.rule, time, &mut || sample(now.at_least));
            self.binaries.add(event.binary.as_deref().unwrap_or("(unknown)"));
            self.parents.add(event.parent().unwrap_or("(unknown)"));
            if let Some(path) = &event.path {
                self.paths.add(path);
            }
            if let Some(port) = event.port {
                self.ports.add(&port.to_string());
            }
            if let Some(host) = circumstances.host {
                self.affected_hosts.add(host);
            }
            if let Some((namespace, name)) = circumstances.pod {
                self.pods.add(&format!("{namespace}/{name}"));
            }
        } else if now.is_possible() {
            self.possible.add(now.rule, time, &mut || sample(now.effect));
            for field in now.depends_on.iter() {
                self.lacking[field as usize] += 1;
            }
        }
        let Some(before) = before else { return };
        let delta = &mut self.delta;
        delta.affected_before += u64::from(before.is_affected());
        let uncertain = |judgement: Judgement| !judgement.depends_on.is_empty();
        if uncertain(now) || uncertain(before) {
            delta.uncertain += 1;
        }
        let changes = match (before.at_least, now.at_least) {
            (before, now) if before == now => return,
            (Effect::Allow, _) => &mut delta.gained,
            (_, Effect::Allow) => &mut delta.lost,
            _ => &mut delta.changed,
        };
        let rule = if now.at_least == Effect::Allow { before.rule } else { now.rule };
        changes.add(rule, time, &mut || sample(now.at_least));
        delta.binaries.add(event.binary.as_deref().unwrap_or("(unknown)"));
    }

    /// Adds what came next, `lines` after the start of the file it is in.
    pub(crate) fn absorb(&mut self, mut next: Self, lines: u64) {
        next.move_down(lines);
        self.lines += next.lines;
        self.blank += next.blank;
        self.from_tetragon += next.from_tetragon;
        self.from_telovix += next.from_telovix;
        self.aggregated += next.aggregated;
        self.reported_lost += next.reported_lost;
        self.without_time += next.without_time;
        for (problem, more) in next.problems {
            let problems = self.problems.entry(problem).or_default();
            problems.lines += more.lines;
            let free = SHOWN.saturating_sub(problems.first.len());
            problems.first.extend(more.first.into_iter().take(free));
        }
        self.judged.absorb(next.judged);
        self.passed.absorb(next.passed);
        add(&mut self.operations, &next.operations);
        #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for (exposed, events) in next.exposed {
            *self.exposed.entry(exposed).or_default() += events;
        }
        self.covered += next.covered;
        self.covered_span.absorb(next.covered_span);
        self.span.absorb(next.span);
        self.hosts.absorb(next.hosts);
        for (hour, counts) in next.hours {
            let full = self.hours.len() >= HOURS && !self.hours.contains_key(&hour);
            add(self.hours.entry(if full { i64::MAX } else { hour }).or_default(), &counts);
        }
        add(&mut self.effects, &next.effects);
        self.affected.absorb(next.affected);
        self.rules.absorb(next.rules);
        self.binaries.absorb(next.binaries);
        self.parents.absorb(next.parents);
        self.paths.absorb(next.paths);
        self.ports.absorb(next.ports);
        self.affected_hosts.absorb(next.affected_hosts);
        self.pods.absorb(next.pods);
        self.possible.absorb(next.possible);
        add(&mut self.lacking, &next.lacking);
        self.delta.gained.absorb(next.delta.gained);
        self.delta.lost.absorb(next.delta.lost);
        self.delta.changed.absorb(next.delta.changed);
        self.delta.affected_before += next.delta.affected_before;
        self.delta.uncertain += next.delta.uncertain;
        self.delta.binaries.absorb(next.delta.binaries);
    }

    fn move_down(&mut self, lines: u64) {
        if lines == 0 {
            return;
        }
        let rules = [
            &mut self.rules,
            &mut self.possible,
            &mut self.delta.gained,
            &mut self.delta.lost,
            &mut self.delta.changed,
        ];
        #[allow(clippy::iter_over_hash_type, reason = "each is changed the same way")]
        for sample in rules.into_iter().flat_map(|of| of.rules.values_mut()).flat_map(|of| &mut of.samples) {
            sample.place.line += lines;
        }
        for (place, _) in self.problems.values_mut().flat_map(|problems| &mut problems.first) {
            place.line += lines;
        }
    }

    /// Returns how many events the policy certainly names.
    pub(crate) fn affected_events(&self) -> u64 {
        self.effects.iter().sum()
    }

    /// Returns how many lines could not be judged.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.problems.values().map(|problems| problems.lines).sum()
    }

    /// Returns how many lines could not be judged, by why.
    #[must_use]
    pub fn problems(&self) -> Vec<(Problem, u64)> {
        self.problems.iter().map(|(problem, of)| (*problem, of.lines)).collect()
    }

    /// Returns how many events were read.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.from_tetragon + self.from_telovix
    }
}

fn add<const N: usize>(sums: &mut [u64; N], more: &[u64; N]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
