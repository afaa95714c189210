//! Groups that policies affect -> the query about their events: when, where, how many of which program.

use super::groups::{Events, Group, Grouping, span};
use super::row::{self, Stored};
use super::statement::{Answer, Form, Sets, Statement};
use crate::tally::Span;

/// The most values of one list that are read for one operation; rarer ones are dropped.
pub(super) const MOST_VALUES: usize = 20_000;

/// Events of one group in one hour of the day.
#[derive(Debug)]
pub(super) struct Hour {
    pub(super) key: Vec<String>,
    /// The hour of the day in UTC; unknown of events without a time.
    pub(super) hour: Option<usize>,
    pub(super) events: u64,
    pub(super) span: Span,
    /// The earliest of them.
    pub(super) first: Stored,
}

/// How many events have a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The list: `binary`.
    pub(super) list: String,
    pub(super) value: String,
    pub(super) events: u64,
}

/// Returns the query about the hours of groups, with an event of each.
pub(super) fn hours(
    grouping: &Grouping,
    groups: &[&Group],
    events: &Events<'_>,
    mut sets: Sets,
) -> Statement {
    let columns = grouping.columns();
    let keys: Vec<&[String]> = groups.iter().map(|group| group.key.as_slice()).collect();
    let chosen = sets.holds_row(&columns, "chosen", &keys);
    let text = format!(
        "WITH {}\nSELECT {},\n       intDiv(toUInt32(observed_at), 3600) % 24 AS hour,\n       \
         count(), toUInt32(min(observed_at)), toUInt32(max(observed_at)), hex(min({}))\n\
         FROM {}\nWHERE {} AND {chosen}\nGROUP BY {}, hour",
        grouping.select(),
        columns.join(", "),
        row::packed(),
        events.table,
        grouping.condition(events),
        columns.join(", "),
    );
    sets.statement(text)
}

/// Reads its answer.
pub(super) fn read_hours(grouping: &Grouping, answer: Answer) -> Option<Vec<Hour>> {
    let width = grouping.columns().len();
    let hour = |mut row: Vec<Option<String>>| {
        let rest = row.split_off(width.min(row.len()));
        let [hour, events, first, last, packed] = <[Option<String>; 5]>::try_from(rest).ok()?;
        Some(Hour {
            key: row.into_iter().collect::<Option<Vec<_>>>()?,
            hour: match hour {
                Some(hour) => Some(hour.parse().ok().filter(|hour| *hour < 24)?),
                None => None,
            },
            events: events?.parse().ok()?,
            span: span(first.as_deref(), last.as_deref())?,
            first: row::unpack(grouping.operation, &packed?)?,
        })
    };
    answer.into_iter().map(hour).collect()
}

/// Returns the query about the values of affected groups, and of those that the base treats differently.
pub(super) fn values(
    grouping: &Grouping,
    (affected, changed): (&[&Group], &[&Group]),
    events: &Events<'_>,
    mut sets: Sets,
) -> Statement {
    let columns = grouping.columns();
    let mut holds = |name: &str, groups: &[&Group]| {
        let keys: Vec<&[String]> = groups.iter().map(|group| group.key.as_slice()).collect();
        if keys.is_empty() { "0".to_owned() } else { sets.holds_row(&columns, name, &keys) }
    };
    let (affected, changed) = (holds("affected", affected), holds("changed", changed));
    let known = |list: &str, of: &str, value: &str| {
        format!("('{list}', if({of} AND isNotNull({value}), ifNull(concat('=', toString({value})), ''), ''))")
    };
    let program = |list: &str, of: &str, value: &str| {
        format!("('{list}', if({of}, concat('=', ifNull({value}, '(unknown)')), ''))")
    };
    let lists = [
        known("hour", "is_affected", "intDiv(toUInt32(observed_at), 3600)"),
        program("binary", "is_affected", "binary"),
        program("parent", "is_affected", "parent"),
        known("path", "is_affected", "path"),
        known("port", "is_affected", "dst_port"),
        known("host", "is_affected", "node_name"),
        known("pod", "is_affected", "pod"),
        program("changed", "is_changed", "binary"),
    ];
    let text = format!(
        "WITH {},\n     {affected} AS is_affected,\n     {changed} AS is_changed,\n     \
         arrayJoin([{}]) AS value\n\
         SELECT value.1, value.2, count() AS events\n\
         FROM {}\nWHERE {} AND (is_affected OR is_changed)\n\
         GROUP BY value\nHAVING value.2 != ''\nORDER BY events DESC, value\nLIMIT {} BY value.1",
        grouping.select(),
        lists.join(", "),
        events.table,
        grouping.condition(events),
        MOST_VALUES + 1,
    );
    sets.statement(text)
}

/// Reads its answer.
pub(super) fn read_values(answer: Answer) -> Option<Vec<Value>> {
    let value = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        let (list, value, events) = (row.next()?, row.next()?, row.next()?.parse().ok()?);
        Some(Value { list, value: value.strip_prefix('=')?.to_owned(), events })
    };
    answer.into_iter().map(value).collect()
}

/// Returns sets that are sent.
pub(super) fn sent() -> Sets {
    Sets::new(Form::Sent)
}
