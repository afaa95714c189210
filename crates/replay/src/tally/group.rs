//! Groups of events with one verdict -> counts, as if the events had come one by one.

use super::{Sample, Span, Tally};
use crate::judge::Judgement;
use crate::vocabulary::Effect;

/// The verdicts on a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) now: Judgement,
    pub(crate) before: Option<Judgement>,
}

impl Judged {
    /// Returns whether something is counted beyond the number of events.
    pub(crate) fn matters(&self) -> bool {
        let counts = |judgement: Judgement| {
            judgement.is_affected() || judgement.is_possible() || !judgement.depends_on.is_empty()
        };
        counts(self.now) || self.before.is_some_and(counts)
    }

    /// Returns whether the policies differ.
    pub(crate) fn differs(&self) -> bool {
        self.before.is_some_and(|before| before.at_least != self.now.at_least)
    }
}

/// Events of a group in one hour of the day.
#[derive(Debug)]
pub(crate) struct GroupHour {
    /// Unknown of events without a time.
    pub(crate) hour: Option<usize>,
    pub(crate) events: u64,
    pub(crate) span: Span,
    /// One of them.
    pub(crate) sample: Sample,
}

impl Tally {
    /// Adds to an hour since 1970.
    pub(crate) fn add_hour(&mut self, hour: i64, scanned: u64, affected: u64) {
        let counts = self.hours.entry(hour).or_default();
        counts[0] += scanned;
        counts[1] += affected;
    }

    /// Keeps the earliest samples of each rule, whatever the order was in which they came.
    pub(crate) fn sort_samples(&mut self) {
        let delta = &mut self.delta;
        for of in
            [&mut self.rules, &mut self.possible, &mut delta.gained, &mut delta.lost, &mut delta.changed]
        {
            of.sort_samples();
        }
    }

    /// Counts a verdict on many events. Lists of values and hours of the timeline are counted apart.
    pub(crate) fn group(&mut self, judged: Judged, of: GroupHour) {
        let Judged { now, before } = judged;
        if !judged.matters() {
            return;
        }
        let GroupHour { hour, events, span, sample } = of;
        let sample =
            |effect| Sample { effect, before: before.map(|before| before.at_least), ..sample.clone() };
        let many = (events, span);
        if now.is_affected() {
            self.effects[now.at_least as usize] += events;
            self.affected.absorb(span);
            self.rules.add_many(now.rule, hour, many, sample(now.at_least));
        } else if now.is_possible() {
            self.possible.add_many(now.rule, hour, many, sample(now.effect));
            for field in now.depends_on.iter() {
                self.lacking[field as usize] += events;
            }
        }
        let Some(before) = before else { return };
        let delta = &mut self.delta;
        delta.affected_before += if before.is_affected() { events } else { 0 };
        if !now.depends_on.is_empty() || !before.depends_on.is_empty() {
            delta.uncertain += events;
        }
        let changes = match (before.at_least, now.at_least) {
            (before, now) if before == now => return,
            (Effect::Allow, _) => &mut delta.gained,
            (_, Effect::Allow) => &mut delta.lost,
            _ => &mut delta.changed,
        };
        let rule = if now.at_least == Effect::Allow { before.rule } else { now.rule };
        changes.add_many(rule, hour, many, sample(now.at_least));
    }
}
