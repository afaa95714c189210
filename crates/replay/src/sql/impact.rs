//! A table of events and policies -> the tally that a scan of the same events gives.

use std::collections::BTreeMap;

use thiserror::Error;

use super::details::{self, MOST_VALUES};
use super::groups::{Events, Group, Grouping, MOST, printed};
use super::partition::Partition;
use super::row::Stored;
use super::statement::{Answer, Server, Statement};
use super::totals::{self, Totals};
use crate::Options;
use crate::judge::{Exposed, Judge, Judgement};
use crate::moment::Moment;
use crate::scan::{Amount, Question, locate};
use crate::tally::{GroupHour, Judged, Place, Sample, Tally};
use crate::vocabulary::{Effect, Event, Operation};

/// How often a table is read again after its rows changed while it was read.
const TRIES: usize = 3;

/// Why a table gave no answer.
#[derive(Debug, Error)]
pub enum Unanswered<E> {
    /// The server gave none.
    #[error(transparent)]
    Server(E),
    /// The rows of an answer are not those of the query.
    #[error("the answer to the query about {0} is not one")]
    NotAnAnswer(&'static str),
    /// There are too many groups of events to be read.
    #[error("the policies tell more than {MOST} groups of {0} events apart")]
    TooManyGroups(&'static str),
    /// There are too many different paths, destinations and programs to be learned from.
    #[error(transparent)]
    TooManyValues(crate::observe::TooManyValues),
    /// Events came or went while they were read.
    #[error("the number of events changed while they were read")]
    Changed,
}

/// Reads a table: what [`scan`](crate::scan) gives for the same events, except that lists name rare values up to the
/// 20,000th of each operation.
///
/// # Errors
/// When an answer is not known to be complete.
pub fn impact<S: Server>(
    server: &S,
    table: &str,
    window: (Option<Moment>, Option<Moment>),
    question: &Question<'_>,
    options: Options<'_>,
) -> Result<(Tally, Amount), Unanswered<S::Error>> {
    let events = Events { table, since: window.0, until: window.1 };
    let mut tries = 1;
    loop {
        match (Reading { server, events: &events, question, options }).read() {
            Err(Unanswered::Changed) if tries < TRIES => tries += 1,
            read => return read,
        }
    }
}

/// Returns the queries by which a table is read, as text that can be run by hand: first that about all rows, then one
/// for each operation that the policies confine. Those about affected events follow from their answers.
#[must_use]
pub fn statements(
    table: &str,
    window: (Option<Moment>, Option<Moment>),
    question: &Question<'_>,
) -> Vec<(&'static str, Statement)> {
    let events = Events { table, since: window.0, until: window.1 };
    let grouped = partitions(question)
        .into_iter()
        .map(|(operation, partition)| (operation.name(), printed(operation, &partition, &events)));
    std::iter::once(("all rows", totals::statement(&events))).chain(grouped).collect()
}

/// Returns what the policies tell apart of each operation that they confine.
fn partitions(question: &Question<'_>) -> Vec<(Operation, Partition)> {
    let judges = || std::iter::once(&question.now).chain(&question.before);
    let of = |operation| {
        let confinements = judges().flat_map(Judge::confinements);
        Some((operation, Partition::of(operation, confinements)?))
    };
    Operation::ALL.into_iter().filter_map(of).collect()
}

/// One reading of a table.
struct Reading<'run, S> {
    server: &'run S,
    events: &'run Events<'run>,
    question: &'run Question<'run>,
    options: Options<'run>,
}

impl<S: Server> Reading<'_, S> {
    fn ask(&self, statement: &Statement) -> Result<Answer, Unanswered<S::Error>> {
        self.server.ask(statement).map_err(Unanswered::Server)
    }

    fn read(&self) -> Result<(Tally, Amount), Unanswered<S::Error>> {
        let mut tally = Tally::default();
        let totals = self.ask(&totals::statement(self.events))?;
        if totals.len() > MOST {
            return Err(Unanswered::TooManyGroups("all"));
        }
        let totals = Totals::read(totals).ok_or(Unanswered::NotAnAnswer("all rows"))?;
        totals.write(&mut tally);
        for (operation, partition) in partitions(self.question) {
            if totals.events(operation) > 0 {
                self.operation(operation, &partition, &mut tally)?;
            }
        }
        tally.sort_samples();
        Ok((tally, Amount { files: vec![self.events.table.to_owned()], ..Amount::default() }))
    }

    /// Reads the events of an operation.
    fn operation(
        &self,
        operation: Operation,
        partition: &Partition,
        tally: &mut Tally,
    ) -> Result<(), Unanswered<S::Error>> {
        let name = operation.name();
        let wrong = Unanswered::NotAnAnswer(name);
        let mut sets = details::sent();
        let grouping = Grouping::new(operation, partition, &mut sets);
        let answer = self.ask(&grouping.statement(self.events, sets))?;
        if answer.len() > MOST {
            return Err(Unanswered::TooManyGroups(name));
        }
        let groups = grouping.read(answer).ok_or(wrong)?;
        let judged: Vec<(Judged, Operation)> = groups.iter().map(|group| self.judge(group, tally)).collect();
        let chosen = |wanted: &dyn Fn(&Judged) -> bool| -> Vec<&Group> {
            let chosen = groups.iter().zip(&judged).filter(|(_, (judged, _))| wanted(judged));
            chosen.map(|(group, _)| group).collect()
        };
        let counted = chosen(&Judged::matters);
        if counted.is_empty() {
            return Ok(());
        }
        let by_key: BTreeMap<&[String], &(Judged, Operation)> =
            groups.iter().map(|group| group.key.as_slice()).zip(&judged).collect();
        let mut sets = details::sent();
        let grouping = Grouping::new(operation, partition, &mut sets);
        let answer = self.ask(&details::hours(&grouping, &counted, self.events, sets))?;
        let hours = details::read_hours(&grouping, answer).ok_or(Unanswered::NotAnAnswer(name))?;
        let sum: u64 = hours.iter().map(|hour| hour.events).sum();
        if sum != counted.iter().map(|group| group.events).sum::<u64>() {
            return Err(Unanswered::Changed);
        }
        for hour in hours {
            let Some((judged, decisive)) = by_key.get(hour.key.as_slice()) else {
                return Err(Unanswered::NotAnAnswer(name));
            };
            let sample = self.sample(hour.first, *decisive);
            tally.group(*judged, GroupHour { hour: hour.hour, events: hour.events, span: hour.span, sample });
        }
        let affected = chosen(&|judged| judged.now.is_affected());
        let changed = chosen(&Judged::differs);
        if affected.is_empty() && changed.is_empty() {
            return Ok(());
        }
        let mut sets = details::sent();
        let grouping = Grouping::new(operation, partition, &mut sets);
        let statement = details::values(&grouping, (&affected, &changed), self.events, sets);
        let values = details::read_values(self.ask(&statement)?).ok_or(Unanswered::NotAnAnswer(name))?;
        count_values(values, tally);
        Ok(())
    }

    /// Judges a group by one of its events, and counts what is counted of every event. Returns the operation that
    /// decides as well.
    fn judge(&self, group: &Group, tally: &mut Tally) -> (Judged, Operation) {
        let Stored { event, also, .. } = &group.one;
        let covered = tally.covered;
        let (mut judged, mut decisive) = (self.judge_one(event, group.events, tally), event.operation);
        if let Some(also) = also {
            let second = Event {
                binary: event.binary.clone(),
                parent: event.parent.clone(),
                uid: event.uid,
                sensor: event.sensor.clone(),
                group: event.group.clone(),
                ..Event::new(*also)
            };
            let second = self.judge_one(&second, group.events, tally);
            let weight = |judgement: &Judgement| (judgement.at_least, judgement.effect);
            let stronger = weight(&second.now) > weight(&judged.now);
            let was_stronger = second.before.as_ref().map(weight) > judged.before.as_ref().map(weight);
            if stronger || (was_stronger && !judged.now.is_affected()) {
                decisive = *also;
            }
            if stronger {
                judged.now = second.now;
            }
            if was_stronger {
                judged.before = second.before;
            }
        }
        if tally.covered > covered {
            tally.covered_span.absorb(group.span);
        }
        (judged, decisive)
    }

    fn judge_one(&self, event: &Event, events: u64, tally: &mut Tally) -> Judged {
        let now = &self.question.now;
        let binary = event.binary.as_deref();
        if now.may_name(event.operation, binary) {
            tally.covered += events;
        }
        if let Some(binary) = binary {
            for subject in now.subjects().of(event.operation, binary) {
                let exposed = Exposed { subject, operation: event.operation };
                *tally.exposed.entry(exposed).or_default() += events;
            }
        }
        let mut event = event.clone();
        locate(self.options, &mut event);
        let verdict = |judge: &Judge<'_>| judge.judge(&event);
        Judged { now: verdict(now), before: self.question.before.as_ref().map(verdict) }
    }

    fn sample(&self, stored: Stored, decisive: Operation) -> Sample {
        let mut event = stored.event;
        if decisive != event.operation {
            let Event { binary, parent, uid, sensor, group, .. } = event;
            event = Event { binary, parent, uid, sensor, group, ..Event::new(decisive) };
        }
        locate(self.options, &mut event);
        Sample {
            place: Place { file: 0, line: 0 },
            words: event.to_string(),
            event,
            time: stored.time,
            host: stored.host,
            pod: stored.pod,
            effect: Effect::Allow,
            before: None,
        }
    }
}

/// Counts the values of affected events.
fn count_values(values: Vec<details::Value>, tally: &mut Tally) {
    let mut read: BTreeMap<&'static str, usize> = BTreeMap::new();
    for details::Value { list, value, events } in values {
        if list == "hour" {
            if let Ok(hour) = value.parse() {
                tally.add_hour(hour, 0, events);
            }
            continue;
        }
        let (name, counter) = match list.as_str() {
            "binary" => ("binary", &mut tally.binaries),
            "parent" => ("parent", &mut tally.parents),
            "path" => ("path", &mut tally.paths),
            "port" => ("port", &mut tally.ports),
            "host" => ("host", &mut tally.affected_hosts),
            "pod" => ("pod", &mut tally.pods),
            _ => ("changed", &mut tally.delta.binaries),
        };
        let number = read.entry(name).or_default();
        *number += 1;
        if *number > MOST_VALUES {
            counter.lack(events);
        } else {
            counter.add_many(&value, events);
        }
    }
}
