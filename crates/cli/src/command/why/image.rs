//! An image and an event -> the verdict that the packed bytes give, in the shape of `why`.
//!
//! What the event lacks is unknown here as it is for policies: the bytes are asked about every way to fill it in.

use std::collections::BTreeMap;

use telovix_bpf_programs::image::Image;
use telovix_compiler::confine::{Confinement, Effect};
use telovix_compiler::emit::image::{Interpreter, recover};
use telovix_compiler::judge::{DocumentReport, Event, Field, Fields, Index, UNKNOWN, VerdictReport};

use crate::command::inspect::{Rule, rules};

/// Decides events from an image alone.
pub(super) struct Judge<'image> {
    image: &'image Image,
    rules: Vec<Rule>,
    index: Index<'image>,
}

/// The rules of an image, by which the ways to fill in an event are told apart.
pub(super) fn confinements(image: &Image) -> Result<Vec<Confinement>, String> {
    recover(image).map_err(|problem| problem.to_string())
}

/// What the bytes say of one event.
#[derive(Clone, Copy, Default)]
struct Decided {
    effect: Effect,
    rule: Option<u32>,
}

impl<'image> Judge<'image> {
    pub(super) fn new(image: &'image Image, confinements: &'image [Confinement]) -> Self {
        Self { image, rules: rules(image), index: Index::new(confinements) }
    }

    /// Returns the verdict on an event.
    pub(super) fn verdict(&self, event: &Event) -> VerdictReport {
        let completions = self.index.completions(event);
        let mut places: BTreeMap<(Option<String>, Option<String>), Interpreter<'_>> = BTreeMap::new();
        let mut strongest: Option<Decided> = None;
        let spread = completions.spread(|complete| {
            let place = (complete.sensor.clone(), complete.group.clone());
            let interpreter = places.entry(place).or_insert_with(|| self.at(complete));
            let decided = decide(interpreter, complete);
            if strongest.is_none_or(|known| decided.effect > known.effect) {
                strongest = Some(decided);
            }
            decided.effect
        });
        let (least, most, fields) = match spread {
            Some(spread) => (spread.least, spread.most, spread.fields),
            // What was not tried may be anything.
            None => (Effect::Allow, Effect::Deny, completions.open()),
        };
        self.report(least, most, fields, strongest.and_then(|decided| decided.rule))
    }

    fn at(&self, event: &Event) -> Interpreter<'image> {
        Interpreter::new(self.image, |scope| match scope.split_once(':') {
            Some(("sensor", name)) => event.sensor.as_deref() == Some(name),
            Some(("group", name)) => event.group.as_deref() == Some(name),
            _ => false,
        })
    }

    fn report(&self, least: Effect, most: Effect, fields: Fields, rule: Option<u32>) -> VerdictReport {
        let unknown = !fields.is_empty();
        let rule = rule.and_then(|rule| self.rules.get(rule as usize));
        VerdictReport {
            effect: if unknown { UNKNOWN } else { most.name() },
            document: rule.map(|rule| DocumentReport {
                kind: rule.document.kind.clone().into(),
                id: rule.document.id.clone(),
                name: rule.document.name.clone(),
            }),
            dimension: rule.map(|rule| rule.dimension.clone().into()),
            source: rule.map(|rule| rule.source.clone()),
            nearest: None,
            member: None,
            exempted: None,
            written: None,
            depends_on: fields.iter().map(Field::name).collect(),
            at_least: unknown.then_some(least.name()),
            at_most: unknown.then_some(most.name()),
            not_evaluated: Vec::new(),
            detections: Vec::new(),
        }
    }
}

/// Decides a complete event. A system call without a name here is in no list.
fn decide(interpreter: &Interpreter<'_>, event: &Event) -> Decided {
    let Ok(outcome) = interpreter.decide_event(event) else { return Decided::default() };
    let name = outcome.effect.name();
    let effect = Effect::ALL.into_iter().find(|effect| effect.name() == name).unwrap_or_default();
    Decided { effect, rule: outcome.rule }
}
