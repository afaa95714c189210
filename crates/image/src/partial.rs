//! An image and an event with missing fields -> the strongest and weakest effect that the image allows.
//!
//! A missing field is unknown, as it is for policies: the image is evaluated for every value that its confinements can
//! tell apart.

use std::collections::BTreeMap;

use telovix_bpf_programs::image::Image;
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Event, Field, Fields, Index};

use super::Interpreter;

/// Decides events from an image, with any fields missing.
#[derive(Debug)]
pub struct ImageJudge<'image> {
    image: &'image Image,
    index: Index<'image>,
}

/// The verdict of an image on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageVerdict {
    /// The strongest effect that is possible.
    pub effect: Effect,
    /// The weakest effect that is possible.
    pub at_least: Effect,
    /// The missing fields that the effect depends on; empty if and only if both effects are equal.
    pub depends_on: Fields,
    /// The rule that gives the strongest effect.
    pub rule: Option<u32>,
}

impl<'image> ImageJudge<'image> {
    /// Returns the judge of an image and of the confinements that were [recovered](super::recover) from it.
    #[must_use]
    pub fn new(image: &'image Image, recovered: &'image [Confinement]) -> Self {
        Self { image, index: Index::new(recovered) }
    }

    /// Judges one event.
    #[must_use]
    pub fn judge(&self, event: &Event) -> ImageVerdict {
        let completions = self.index.completions(event);
        let mut places: BTreeMap<(Option<String>, Option<String>), Interpreter<'_>> = BTreeMap::new();
        let mut strongest: Option<(Effect, Option<u32>)> = None;
        let mut undecided: Vec<Field> = Vec::new();
        let spread = completions.spread(|complete| {
            let place = (complete.sensor.clone(), complete.group.clone());
            let interpreter = places.entry(place).or_insert_with(|| self.at(complete));
            let decided = match decide(interpreter, complete) {
                Ok(decided) => decided,
                Err(field) => {
                    undecided.push(field);
                    // Replaced below: the verdict is then unknown.
                    (Effect::Deny, None)
                }
            };
            if strongest.is_none_or(|known| decided.0 > known.0) {
                strongest = Some(decided);
            }
            decided.0
        });
        let rule = strongest.and_then(|(_, rule)| rule);
        match spread {
            Some(spread) if undecided.is_empty() => {
                ImageVerdict { effect: spread.most, at_least: spread.least, depends_on: spread.fields, rule }
            }
            // Values that were not tried may have any effect, and so may what no hook can decide.
            _ => ImageVerdict {
                effect: Effect::Deny,
                at_least: Effect::Allow,
                depends_on: completions.open().union(undecided.into_iter().collect()),
                rule,
            },
        }
    }

    fn at(&self, event: &Event) -> Interpreter<'image> {
        Interpreter::new(self.image, |scope| match scope.split_once(':') {
            Some(("sensor", name)) => event.sensor.as_deref() == Some(name),
            Some(("group", name)) => event.group.as_deref() == Some(name),
            _ => false,
        })
    }
}

/// Decides a complete event.
///
/// # Errors
/// Names the field that a hook would see and the event does not have.
fn decide(interpreter: &Interpreter<'_>, event: &Event) -> Result<(Effect, Option<u32>), Field> {
    let outcome = match interpreter.decide_event(event) {
        // The one field that is still missing in a complete event: a system call that has no name.
        Err(Field::Syscall) => interpreter.decide_unnamed_syscall(event),
        decided => decided,
    }?;
    let name = outcome.effect.name();
    let effect = Effect::ALL
        .into_iter()
        .find(|effect| effect.name() == name)
        .expect("image and policy have the same effects");
    Ok((effect, outcome.rule))
}
