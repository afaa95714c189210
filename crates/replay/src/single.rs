//! A line of a history -> the events that policies judge; a history -> its different events.

use std::collections::BTreeMap;

use crate::action;
use crate::judge;
use crate::line::{self, Envelope, KINDS, Origin};
use crate::scan::{Amount, Clerk, Options, Told, payload, run};
use crate::source::Source;
use crate::tally::{Place, Tally};
use crate::vocabulary::Event;

/// Returns the events in a line of Tetragon or Telovix: two for a system call that is another operation as well.
///
/// # Errors
/// When it has none: what is wrong with it, in words.
pub fn events_of(line: &str) -> Result<Vec<Event>, String> {
    let line = payload(line);
    let envelope = line::fast::envelope(line)
        .map_err(|_| "it is neither an event of Telovix nor one of Tetragon".to_owned())?;
    match envelope.origin {
        Origin::Telovix => Ok(vec![judge::read(line)?]),
        Origin::Tetragon(kind) => {
            let events = of_tetragon(&envelope);
            if events.is_empty() {
                let what = envelope.body.function.get().map_or(KINDS[kind], AsRef::as_ref);
                return Err(format!("no policy decides events of `{what}`, or its operation is not known"));
            }
            Ok(events)
        }
    }
}

fn of_tetragon(envelope: &Envelope<'_>) -> Vec<Event> {
    match action::read(envelope) {
        action::Reading::Passed => Vec::new(),
        action::Reading::Did(first, second) => {
            let events = std::iter::once(first).chain(second).map(|action| judge::event(&action));
            let time = envelope.time.get().map(ToString::to_string);
            events.map(|event| Event { time: time.clone(), ..event }).collect()
        }
    }
}

/// Returns up to `most` different events of a history, in the order of their text and without times, and what was read.
#[must_use]
pub fn distinct(sources: &[Source], options: Options<'_>, most: usize) -> (Vec<Event>, Tally, Amount) {
    let (tally, amount, clerks) = run(sources, options, || Distinct { events: BTreeMap::new(), most });
    let mut events = BTreeMap::new();
    clerks.into_iter().for_each(|clerk| events.extend(clerk.events));
    (events.into_values().take(most).collect(), tally, amount)
}

/// Keeps different events.
struct Distinct {
    events: BTreeMap<String, Event>,
    most: usize,
}

impl Distinct {
    fn add(&mut self, mut event: Event) {
        event.time = None;
        let rule = event.other.remove("rule");
        event.other.clear();
        event.other.extend(rule.map(|rule| ("rule".to_owned(), rule)));
        self.events.insert(event.to_json().to_string(), event);
        if self.events.len() > self.most {
            self.events.pop_last();
        }
    }
}

impl Clerk for Distinct {
    fn tetragon(&mut self, told: Told<'_>, _place: Place, tally: &mut Tally) {
        tally.from_tetragon += 1;
        of_tetragon(told.envelope).into_iter().for_each(|event| self.add(event));
    }

    fn telovix(&mut self, event: Event, _place: Place, tally: &mut Tally) {
        tally.from_telovix += 1;
        self.add(event);
    }
}
