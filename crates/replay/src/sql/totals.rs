//! The query about all rows that are read, whatever the policies are: hours, hosts, kinds and operations.

use super::groups::{Events, MOST, span};
use super::statement::{Answer, Statement};
use crate::tally::{Span, Tally};
use crate::vocabulary::Operation;

/// Counts of all rows.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    pub(super) span: Span,
    parts: Vec<Part>,
}

/// The rows that have one value of one thing.
#[derive(Debug)]
struct Part {
    of: String,
    value: Option<String>,
    rows: u64,
    lost: u64,
    aggregated: u64,
}

/// Returns the query: each row counts once for each thing.
pub(super) fn statement(events: &Events<'_>) -> Statement {
    let value = |of: &str, value: &str| format!("('{of}', ifNull(concat('=', toString({value})), '~'))");
    let parts = [
        value("hour", "intDiv(toUInt32(observed_at), 3600)"),
        value("host", "node_name"),
        value("recorded_by", "recorded_by"),
        // A policy decides events that have an operation.
        "(if(isNull(operation), 'passed', 'judged'), ifNull(concat('=', hook), '~'))".to_owned(),
        value("operation", "operation"),
        value("also", "also"),
    ];
    Statement {
        text: format!(
            "WITH arrayJoin([{}]) AS part\n\
             SELECT part.1, part.2, count(), toUInt32(min(observed_at)), toUInt32(max(observed_at)),\n       \
             sum(ifNull(lost, 0)), sum(ifNull(aggregated, 0))\n\
             FROM {}\nWHERE {}\nGROUP BY part\nLIMIT {}",
            parts.join(",\n     "),
            events.table,
            events.condition(),
            MOST + 1
        ),
        sets: Vec::new(),
    }
}

impl Totals {
    /// Reads the answer. None when it is not one of this query.
    pub(super) fn read(answer: Answer) -> Option<Self> {
        let mut totals = Self::default();
        for row in answer {
            let mut row = row.into_iter();
            let mut text = || row.next().flatten();
            let (of, value, rows) = (text()?, text()?, text()?.parse().ok()?);
            let (first, last) = (text(), text());
            let (lost, aggregated) = (text()?.parse().ok()?, text()?.parse().ok()?);
            if of == "recorded_by" {
                totals.rows += rows;
                totals.span.absorb(span(first.as_deref(), last.as_deref())?);
            }
            let value = value.strip_prefix('=').map(str::to_owned);
            totals.parts.push(Part { of, value, rows, lost, aggregated });
        }
        Some(totals)
    }

    /// Returns the rows of each value of one thing.
    fn of(&self, of: &str) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.of == of)
    }

    /// Returns how many events an operation has, of one call that is two operations both.
    pub(super) fn events(&self, operation: Operation) -> u64 {
        let parts = self.of("operation").chain(self.of("also"));
        parts.filter(|part| part.value.as_deref() == Some(operation.name())).map(|part| part.rows).sum()
    }

    /// Writes the counts into a tally.
    pub(super) fn write(&self, tally: &mut Tally) {
        tally.lines = self.rows;
        tally.span = self.span;
        for part in self.of("recorded_by") {
            match part.value.as_deref() {
                Some("telovix") => tally.from_telovix += part.rows,
                _ => tally.from_tetragon += part.rows,
            }
            tally.reported_lost += part.lost;
            tally.aggregated += part.aggregated;
        }
        for part in self.of("hour") {
            match part.value.as_deref().and_then(|hour| hour.parse().ok()) {
                Some(hour) => tally.add_hour(hour, part.rows, 0),
                None => tally.without_time += part.rows,
            }
        }
        let named = |of| self.of(of).map(|part| (part.value.as_deref().unwrap_or("(unknown)"), part.rows));
        named("judged").for_each(|(what, rows)| tally.judged.add_many(what, rows));
        named("passed").for_each(|(what, rows)| tally.passed.add_many(what, rows));
        for part in self.of("host") {
            if let Some(host) = &part.value {
                tally.hosts.add_many(host, part.rows);
            }
        }
        for operation in Operation::ALL {
            tally.operations[operation as usize] = self.events(operation);
        }
    }
}
