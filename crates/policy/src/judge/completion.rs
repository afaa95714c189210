//! An event with missing fields -> complete events that fill them in, one for each case that confinements
//! distinguish.
//!
//! Every field that the event lacks gets one value from each cell into which the confinements split its domain, so what
//! is true for all of these events is true for every event that adds the missing fields. That is exact where combining
//! the results of single confinements is not: a set and its complement together cover everything, neither does alone.

mod values;

use std::mem::take;

use super::{Event, Field, Fields};
use crate::confine::{Confinement, Effect};
use values::Value;

/// The maximum of complete events that are tried for one event.
const MOST: usize = 1 << 16;

/// The complete events for an incomplete one.
#[derive(Debug)]
pub struct Completions {
    /// The event as given.
    event: Event,
    fields: Vec<(Field, Vec<Value>)>,
    /// The parent in the event, if it does not have the other ancestors.
    parent: Option<String>,
    /// Every executable that passes its confinement on to what it starts.
    passing_on: Vec<String>,
    count: usize,
}

/// The effects of the complete events for an incomplete one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The weakest effect.
    pub least: Effect,
    /// The strongest effect.
    pub most: Effect,
    /// The fields for which another value alone gives another effect. Empty exactly when both effects are the same.
    pub fields: Fields,
}

impl Completions {
    /// Returns the complete events of `event`, as far as these confinements distinguish them.
    #[must_use]
    pub fn new(event: &Event, confinements: &[&Confinement]) -> Self {
        let fields = values::of(event, confinements);
        let passing_on = values::passing_on(confinements);
        let parent = event.parent.clone();
        let count = fields.iter().fold(1_usize, |count, (_, values)| count.saturating_mul(values.len()));
        Self { event: event.clone(), fields, parent, passing_on, count }
    }

    /// Returns whether there are too many to try each.
    #[must_use]
    pub fn are_too_many(&self) -> bool {
        self.count > MOST
    }

    /// Returns the missing fields whose values the confinements distinguish.
    #[must_use]
    pub fn open(&self) -> Fields {
        self.fields.iter().filter(|(_, values)| values.len() > 1).map(|(field, _)| *field).collect()
    }

    /// Computes the effect of each complete event. Returns nothing when there are too many of them.
    pub fn spread(&self, mut effect: impl FnMut(&Event) -> Effect) -> Option<Spread> {
        if self.are_too_many() {
            return None;
        }
        let mut effects = Vec::with_capacity(self.count);
        self.each(|event| effects.push(effect(event)));
        let (least, most) = effects
            .iter()
            .map(|effect| (*effect, *effect))
            .reduce(|(least, most), (effect, _)| (least.min(effect), most.max(effect)))
            .expect("an event has at least one completion");
        let mut fields = Fields::default();
        let mut stride = 1;
        // The last field changes fastest: events that differ in one field alone are a stride apart.
        for (field, values) in self.fields.iter().rev() {
            let decides = effects.chunks(stride * values.len()).any(|chunk| {
                let (first, rest) = chunk.split_at(stride.min(chunk.len()));
                rest.chunks(stride).any(|other| other != first)
            });
            if decides {
                fields = fields.union([*field].into_iter().collect());
            }
            stride *= values.len();
        }
        Some(Spread { least, most, fields })
    }

    /// Calls `visit` with each complete event.
    pub fn each(&self, mut visit: impl FnMut(&Event)) {
        let mut event = self.event.clone();
        let mut places = vec![0; self.fields.len()];
        let mut descent = Descent { parent: self.parent.clone(), further: false };
        let mut changed = 0;
        loop {
            let mut new_line = changed == 0 && event.ancestors.is_none();
            for ((_, values), place) in self.fields.iter().zip(&places).skip(changed) {
                if let Some(value) = values.get(*place) {
                    new_line |= value.put(&mut event, &mut descent);
                }
            }
            if new_line {
                self.descend(&mut event, &descent);
            }
            visit(&event);
            let next = |at: &usize| {
                places
                    .get(*at)
                    .zip(self.fields.get(*at))
                    .is_some_and(|(place, (_, values))| place + 1 < values.len())
            };
            let Some(at) = (0..places.len()).rev().find(next) else { return };
            if let Some(place) = places.get_mut(at) {
                *place += 1;
            }
            places.iter_mut().skip(at + 1).for_each(|place| *place = 0);
            changed = at;
        }
    }

    /// Sets the parent and its ancestors. A process without a parent has no ancestors.
    fn descend(&self, event: &mut Event, descent: &Descent) {
        event.parent.clone_from(&descent.parent);
        let mut line = take(&mut event.ancestors).unwrap_or_default();
        line.clear();
        if let Some(parent) = &descent.parent {
            line.push(parent.clone());
            if descent.further {
                line.extend(self.passing_on.iter().cloned());
            }
        }
        event.ancestors = Some(line);
    }
}

/// The descent of a complete event: a parent or none, and whether all other inheriting subjects are its ancestors.
struct Descent {
    parent: Option<String>,
    further: bool,
}
