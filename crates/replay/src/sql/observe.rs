//! A table of events -> who did what, how often and when: what [`crate::observe::observe`] gives for the same events.

use telovix_policy::value::address_at;

use super::groups::{Events, MOST};
use super::impact::Unanswered;
use super::statement::{Answer, Server, Statement};
use super::totals::{self, Totals};
use crate::impact;
use crate::moment::Moment;
use crate::observe::{Actor, Behaviour, HourOf, Kinds, Observations, START, Seen, TooManyValues};
use crate::scan::Amount;
use crate::tally::Tally;
use crate::vocabulary::{Capability, Operation};

/// More rows, one for each value and hour, are not read.
const MOST_ROWS: usize = 5_000_000;

/// Reads a table.
///
/// # Errors
/// When an answer is not known to be complete, or has too many different values to be learned from.
pub fn observe<S: Server>(
    server: &S,
    table: &str,
    window: (Option<Moment>, Option<Moment>),
) -> Result<Observations, Unanswered<S::Error>> {
    let events = Events { table, since: window.0, until: window.1 };
    let answer = server.ask(&totals::statement(&events)).map_err(Unanswered::Server)?;
    if answer.len() > MOST {
        return Err(Unanswered::TooManyGroups("all"));
    }
    let totals = Totals::read(answer).ok_or(Unanswered::NotAnAnswer("all rows"))?;
    let mut tally = Tally::default();
    totals.write(&mut tally);
    let mut all = Observations {
        kinds: Kinds {
            spawns: totals.events(Operation::Exec),
            files: totals.events(Operation::Open),
            network: totals.events(Operation::Connect),
            capabilities: totals.events(Operation::Capability),
        },
        span: totals.span.0,
        history: impact::history(&tally, &Amount { files: vec![table.to_owned()], ..Amount::default() }),
        ..Observations::default()
    };
    let answer = server.ask(&statement(&events)).map_err(Unanswered::Server)?;
    if answer.len() > MOST_ROWS {
        return Err(Unanswered::TooManyValues(TooManyValues));
    }
    let counted = read(answer, &mut all).ok_or(Unanswered::NotAnAnswer("learned events"))?;
    let kinds = all.kinds;
    if counted != kinds.spawns + kinds.files + kinds.network + kinds.capabilities {
        return Err(Unanswered::Changed);
    }
    Ok(all)
}

/// Returns the query: each value of each program in each hour.
fn statement(events: &Events<'_>) -> Statement {
    let known = |value: &str| format!("ifNull(concat('=', {value}), '~')");
    let text = format!(
        "WITH toUInt32(observed_at) AS second,\n     \
         ifNull(toInt64(intDiv(second, 3600)), -1) AS hour,\n     \
         multiIf(isNotNull(binary), concat('=', ifNull(binary, '')),\n             \
         isNotNull(document), concat('@', ifNull(document, '')), '~') AS actor,\n     \
         multiIf(operation = 'exec' AND ifNull(anonymous, 0) = 1, 'anonymous',\n             \
         operation IN ('exec', 'open'), {},\n             \
         operation = 'connect', {},\n             {}) AS what\n\
         SELECT operation, actor, what, hour, count(),\n       \
         countIf(ifNull(process_age >= 0 AND process_age < {START}, 0)), countIf(isNotNull(process_age)),\n       \
         countIf(ifNull(effect IN ('deny', 'kill'), 0)),\n       \
         min(ifNull(second % 3600, 0)), max(ifNull(second % 3600, 0)), max(ifNull(directory, 0))\n\
         FROM {}\n\
         WHERE ifNull(operation, '') IN ('exec', 'open', 'connect', 'capability') AND {}\n\
         GROUP BY operation, actor, what, hour\nLIMIT {}",
        known("path"),
        known("concat(hex(dst_address), ':', toString(dst_port))"),
        known("capability"),
        events.table,
        events.condition(),
        MOST_ROWS + 1
    );
    Statement { text, sets: Vec::new() }
}

/// Adds the rows of the answer, and returns how many events they are. None when it is not one of the query.
fn read(answer: Answer, all: &mut Observations) -> Option<u64> {
    let mut counted = 0;
    for row in answer {
        let mut row = row.into_iter();
        let mut text = || row.next().flatten();
        let (operation, actor, what, hour) = (text()?, text()?, text()?, text()?.parse::<i64>().ok()?);
        let mut number = || text()?.parse::<u64>().ok();
        let (events, early, aged, denied) = (number()?, number()?, number()?, number()?);
        let (first, last) = (u16::try_from(number()?).ok()?, u16::try_from(number()?).ok()?);
        let of = HourOf { events, early, aged, denied, first, last, directory: number()? != 0 };
        counted += events;
        let actor = match actor.split_at_checked(1)? {
            ("=", binary) => Actor::Binary(binary.into()),
            ("@", document) => Actor::Document(document.into()),
            _ => {
                all.unattributed += events;
                continue;
            }
        };
        let seen = place(all.actors.entry(actor).or_default(), &operation, &what)?;
        seen.add_hour((hour >= 0).then_some(hour), of);
    }
    Some(counted)
}

/// Returns where a value of a behaviour is counted.
fn place<'all>(behaviour: &'all mut Behaviour, operation: &str, what: &str) -> Option<&'all mut Seen> {
    let value = what.strip_prefix('=');
    Some(match (operation, value) {
        ("exec", None) if what == "anonymous" => &mut behaviour.anonymous,
        (_, None) => &mut behaviour.incomplete,
        ("exec", Some(path)) => behaviour.spawns.entry(path.into()).or_default(),
        ("open", Some(path)) => behaviour.files.entry(path.into()).or_default(),
        ("connect", Some(endpoint)) => {
            let (address, port) = endpoint.split_once(':')?;
            let address = address_at(u128::from_str_radix(address, 16).ok()?);
            behaviour.endpoints.entry((address, port.parse().ok()?)).or_default()
        }
        (_, Some(capability)) => {
            behaviour.capabilities.entry(Capability::parse(capability).ok()?).or_default()
        }
    })
}
