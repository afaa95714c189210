//! What happened and the rules -> what was found: at most one violation of guards, one of other confinements, and any
//! number of detections.

use telovix_document::Match;

use super::reading::{Deed, Happened};
use super::rules::Rules;
use crate::judge::{Judge, Judgement, Memory};
use crate::vocabulary::{Event, Fields};

/// The sensor and group of events that name none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Home<'run> {
    pub(super) sensor: Option<&'run str>,
    pub(super) group: Option<&'run str>,
}

impl Home<'_> {
    fn locate(self, event: &mut Event) {
        let given = |value: Option<&str>| value.map(str::to_owned);
        event.sensor = event.sensor.take().or_else(|| given(self.sensor));
        event.group = event.group.take().or_else(|| given(self.group));
    }
}

/// Something that was found in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) by: By,
    /// Which of the two deeds of the event.
    pub(super) deed: usize,
}

/// What found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A list of a guard.
    Guard(Judgement),
    /// A list of a profile, or a rule.
    Other(Judgement),
    /// A detection, by its number.
    Detection(usize, Match),
}

impl Found {
    /// Returns whether it holds whatever the missing fields are.
    pub(super) fn is_certain(&self) -> bool {
        match self.by {
            By::Guard(judgement) | By::Other(judgement) => judgement.is_affected(),
            By::Detection(_, found) => found == Match::Yes,
        }
    }

    /// Returns the missing fields that decide it.
    pub(super) fn depends_on(&self) -> Fields {
        match self.by {
            By::Guard(judgement) | By::Other(judgement) => judgement.depends_on,
            By::Detection(_, found) => found.fields(),
        }
    }
}

/// Judges events, and remembers verdicts.
#[derive(Debug)]
pub(super) struct Bench<'run> {
    pub(super) rules: &'run Rules<'run>,
    home: Home<'run>,
    guards: Memory,
    others: Memory,
}

impl<'run> Bench<'run> {
    pub(super) fn new(rules: &'run Rules<'run>, home: Home<'run>) -> Self {
        Self { rules, home, guards: Memory::default(), others: Memory::default() }
    }

    /// Returns everything that the rules find in an event.
    pub(super) fn judge(&mut self, happened: &Happened<'_>, found: &mut Vec<Found>) {
        found.clear();
        let guard = strongest(&self.rules.guards, &mut self.guards, self.home, happened);
        found.extend(guard.map(|(deed, judgement)| Found { by: By::Guard(judgement), deed }));
        let other = strongest(&self.rules.others, &mut self.others, self.home, happened);
        found.extend(other.map(|(deed, judgement)| Found { by: By::Other(judgement), deed }));
        if self.rules.detections.is_empty() {
            return;
        }
        let Some(observed) = happened.observed(self.home.sensor, self.home.group) else { return };
        for (number, detection) in self.rules.detections.iter().enumerate() {
            match detection.matches(&observed) {
                Match::No => {}
                matched => found.push(Found { by: By::Detection(number, matched), deed: 0 }),
            }
        }
    }
}

/// Returns the strongest verdict on what an event tells, if it is not to allow it.
fn strongest(
    judge: &Judge<'_>,
    memory: &mut Memory,
    home: Home<'_>,
    happened: &Happened<'_>,
) -> Option<(usize, Judgement)> {
    let weight = |judgement: &Judgement| (judgement.at_least, judgement.effect);
    let mut strongest: Option<(usize, Judgement)> = None;
    for (number, deed) in happened.deeds.iter().enumerate() {
        let Some(deed) = deed else { continue };
        if !judge.may_name(deed.operation(), deed.binary()) {
            continue;
        }
        let judgement = match deed {
            Deed::Action(action) => memory.judge(judge, action, |event| home.locate(event)),
            Deed::Event(event) => {
                let mut event = event.clone();
                home.locate(&mut event);
                judge.judge(&event)
            }
        };
        let is_found = judgement.is_affected() || judgement.is_possible();
        if is_found && strongest.is_none_or(|(_, so_far)| weight(&judgement) > weight(&so_far)) {
            strongest = Some((number, judgement));
        }
    }
    strongest
}
