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
