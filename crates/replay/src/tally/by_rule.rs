//! Events by the rule that decided them, with some samples of each.

use rustc_hash::FxHashMap;

use super::{Place, SHOWN, Span};
use crate::judge::Rule;
use crate::moment::Moment;
use crate::vocabulary::{Effect, Event};

/// Samples kept over all rules.
const SAMPLES: usize = 2_000;

/// An event that a policy names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) place: Place,
    pub(crate) event: Event,
    /// The event as text, without its time: samples differ in it.
    pub(crate) words: String,
    pub(crate) time: Option<Moment>,
    pub(crate) host: Option<String>,
    pub(crate) pod: Option<String>,
    pub(crate) effect: Effect,
    pub(crate) before: Option<Effect>,
}

/// Events that one rule decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OfRule {
    pub(crate) events: u64,
    pub(crate) hours: [u64; 24],
    pub(crate) span: Span,
    pub(crate) samples: Vec<Sample>,
}

impl OfRule {
    fn absorb(&mut self, next: Self, kept: &mut usize) {
        self.events += next.events;
        self.hours.iter_mut().zip(next.hours).for_each(|(hour, more)| *hour += more);
        self.span.absorb(next.span);
        for sample in next.samples {
            self.keep(sample, kept);
        }
    }

    /// Keeps the earliest samples, no two alike.
    fn sort_samples(&mut self) {
        let key = |sample: &Sample| (sample.time.is_none(), sample.time, sample.words.clone());
        self.samples.sort_by_cached_key(key);
        let mut known: Vec<String> = Vec::new();
        self.samples.retain(|sample| {
            let new = known.len() < SHOWN && !known.contains(&sample.words);
            if new {
                known.push(sample.words.clone());
            }
            new
        });
    }

    fn keep(&mut self, sample: Sample, kept: &mut usize) {
        let known = self.samples.iter().any(|known| known.words == sample.words);
        if self.samples.len() < SHOWN && *kept < SAMPLES && !known {
            *kept += 1;
            self.samples.push(sample);
        }
    }

    /// Returns whether another sample with this text would be kept.
    fn wants(&self, words: &str) -> bool {
        self.samples.len() < SHOWN && !self.samples.iter().any(|known| known.words == words)
    }
}

/// Events that rules decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ByRule {
    pub(crate) rules: FxHashMap<Option<Rule>, OfRule>,
    kept: usize,
}

impl ByRule {
    /// Counts an event; `sample` is made when it is wanted.
    pub(crate) fn add(
        &mut self,
        rule: Option<Rule>,
        time: Option<Moment>,
        sample: &mut dyn FnMut() -> Sample,
    ) {
        let of = self.rules.entry(rule).or_default();
        of.events += 1;
        of.span.add(time);
        if let Some(time) = time {
            of.hours[time.hour_of_day()] += 1;
        }
        if of.samples.len() < SHOWN && self.kept < SAMPLES {
            let sample = sample();
            if of.wants(&sample.words) {
                of.keep(sample, &mut self.kept);
            }
        }
    }

    /// Counts the events of one hour of the day; `sample` is one of them.
    pub(super) fn add_many(
        &mut self,
        rule: Option<Rule>,
        hour: Option<usize>,
        many: (u64, Span),
        sample: Sample,
    ) {
        let (events, span) = many;
        let of = self.rules.entry(rule).or_default();
        of.events += events;
        of.span.absorb(span);
        if let Some(count) = hour.and_then(|hour| of.hours.get_mut(hour)) {
            *count += events;
        }
        of.samples.push(sample);
        if of.samples.len() > 64 {
            of.sort_samples();
        }
    }

    /// Keeps the earliest samples of each rule.
    pub(super) fn sort_samples(&mut self) {
        #[allow(clippy::iter_over_hash_type, reason = "each is sorted by itself")]
        for of in self.rules.values_mut() {
            of.sort_samples();
        }
    }

    /// Adds what came next.
    pub(super) fn absorb(&mut self, next: Self) {
        // What is kept depends on the order within one rule only, until there are too many.
        let mut next: Vec<_> = next.rules.into_iter().collect();
        next.sort_unstable_by_key(|(rule, _)| *rule);
        for (rule, of) in next {
            self.rules.entry(rule).or_default().absorb(of, &mut self.kept);
        }
    }
}
