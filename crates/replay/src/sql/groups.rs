//! What policies tell apart of an operation -> the query that groups its events by it.

use std::collections::BTreeSet;

use super::partition::{Names, Partition};
use super::row::{self, Stored};
use super::statement::{Answer, Form, Sets, Statement, halves, literal};
use crate::moment::Moment;
use crate::tally::Span;
use crate::vocabulary::Operation;

/// More groups are not read.
pub(super) const MOST: usize = 1_000_000;

/// The events that are read.
#[derive(Debug, Clone)]
pub(super) struct Events<'run> {
    pub(super) table: &'run str,
    /// Only events of these times: from the first on, and before the second. Events without a time are not.
    pub(super) since: Option<Moment>,
    pub(super) until: Option<Moment>,
}

impl Events<'_> {
    /// Returns the condition of rows that are read.
    pub(super) fn condition(&self) -> String {
        let bound = |sign: &str, moment: Moment| {
            let seconds = moment.since(Moment::from_seconds(0)).clamp(0, i64::from(u32::MAX));
            format!("ifNull(toUInt32(observed_at) {sign} {seconds}, 0)")
        };
        let bounds = [self.since.map(|since| bound(">=", since)), self.until.map(|until| bound("<", until))];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        if bounds.is_empty() { "1".to_owned() } else { bounds.join(" AND ") }
    }
}

/// Events that no policy tells apart.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) key: Vec<String>,
    pub(super) events: u64,
    pub(super) span: Span,
    /// One of them.
    pub(super) one: Stored,
}

/// The query of an operation.
#[derive(Debug)]
pub(super) struct Grouping {
    pub(super) operation: Operation,
    /// Names of expressions that the key is made of.
    definitions: Vec<String>,
    /// The expressions of the key, each a text.
    keys: Vec<String>,
    /// The condition of events that some confinement may be about.
    candidates: String,
}

impl Grouping {
    /// Prepares the query. `sets` gets the sets that it names.
    pub(super) fn new(operation: Operation, partition: &Partition, sets: &mut Sets) -> Self {
        let prefix = operation.name();
        let mut keys = Vec::new();
        keys.extend(names("binary", &format!("{prefix}_binary"), &partition.binary, sets));
        if partition.descent {
            keys.extend(names("parent", &format!("{prefix}_parent"), &partition.parent, sets));
            keys.push(whole("ancestors"));
        }
        keys.extend(one_of("sensor_id", &format!("{prefix}_sensors"), &partition.sensors, sets));
        keys.extend(one_of("group_id", &format!("{prefix}_groups"), &partition.groups, sets));
        if matches!(operation, Operation::Exec | Operation::Open) {
            keys.extend(names("path", &format!("{prefix}_path"), &partition.path, sets));
        }
        if partition.renames {
            keys.push(moved(&format!("{prefix}_path"), partition, sets));
        }
        let mut definitions = Vec::new();
        if !partition.blocks.is_empty() {
            let half = |at: u8| {
                let bytes = format!("substring(ifNull(dst_address, toFixedString('', 16)), {at}, 8)");
                format!("reinterpretAsUInt64(reverse({bytes}))")
            };
            definitions.extend([format!("{} AS high_half", half(1)), format!("{} AS low_half", half(9))]);
        }
        keys.extend(address(&format!("{prefix}_blocks"), partition, sets));
        keys.extend(port(&partition.ports));
        keys.extend(partition.whole.iter().map(|column| whole(column)));
        let candidates = if partition.anyone {
            "1".to_owned()
        } else {
            let subjects = &partition.subjects;
            let exact = sets.holds("ifNull(binary, '')", &format!("{prefix}_subjects"), &subjects.exact);
            let bases = sets.holds(&base("binary"), &format!("{prefix}_subject_bases"), &subjects.bases);
            format!("(isNull(binary) OR {exact} OR {bases})")
        };
        if keys.is_empty() {
            keys.push("''".to_owned());
        }
        Self { operation, definitions, keys, candidates }
    }

    /// Returns the names of the columns of the key.
    pub(super) fn columns(&self) -> Vec<String> {
        (0..self.keys.len()).map(|at| format!("k{at}")).collect()
    }

    /// Returns the expressions of the key with their names.
    pub(super) fn select(&self) -> String {
        let keys = self.keys.iter().zip(self.columns()).map(|(key, name)| format!("{key} AS {name}"));
        self.definitions.iter().cloned().chain(keys).collect::<Vec<_>>().join(",\n     ")
    }

    /// Returns the condition of the rows that are grouped.
    pub(super) fn condition(&self, events: &Events<'_>) -> String {
        let operation = literal(self.operation.name().as_bytes());
        format!("ifNull(operation, '') = {operation} AND {} AND {}", events.condition(), self.candidates)
    }

    /// Returns the query that counts each group.
    pub(super) fn statement(&self, events: &Events<'_>, sets: Sets) -> Statement {
        let text = format!(
            "WITH {}\nSELECT {},\n       count(), toUInt32(min(observed_at)), toUInt32(max(observed_at)), hex(any({}))\n\
             FROM {}\nWHERE {}\nGROUP BY {}\nLIMIT {}",
            self.select(),
            self.columns().join(", "),
            row::packed(),
            events.table,
            self.condition(events),
            self.columns().join(", "),
            MOST + 1
        );
        sets.statement(text)
    }

    /// Reads the answer. None when it is not one of this query.
    pub(super) fn read(&self, answer: Answer) -> Option<Vec<Group>> {
        let width = self.keys.len();
        let group = |mut row: Vec<Option<String>>| {
            let rest = row.split_off(width.min(row.len()));
            let [events, first, last, packed] = <[Option<String>; 4]>::try_from(rest).ok()?;
            Some(Group {
                key: row.into_iter().collect::<Option<Vec<_>>>()?,
                events: events?.parse().ok()?,
                span: span(first.as_deref(), last.as_deref())?,
                one: row::unpack(self.operation, &packed?)?,
            })
        };
        answer.into_iter().map(group).collect()
    }
}

/// Reads the first and the last time of events. Neither is known where no event has one.
pub(super) fn span(first: Option<&str>, last: Option<&str>) -> Option<Span> {
    let (Some(first), Some(last)) = (first, last) else { return Some(Span::default()) };
    let read = |text: &str| text.parse().ok().map(Moment::from_seconds);
    Some(Span(Some((read(first)?, read(last)?))))
}

/// Returns the part of the key that tells values of a column apart, and from an unknown one.
fn whole(column: &str) -> String {
    format!("ifNull(concat('=', toString({column})), '~')")
}

fn base(column: &str) -> String {
    format!("arrayElement(splitByChar('/', ifNull({column}, '')), -1)")
}

/// Returns the parts of the key that tell paths apart.
fn names(column: &str, set: &str, names: &Names, sets: &mut Sets) -> Vec<String> {
    let mut keys = Vec::new();
    if names.is_empty() {
        // Whether it is known can still matter.
        keys.push(format!("if(isNull({column}), '~', '')"));
        return keys;
    }
    let value = format!("ifNull({column}, '')");
    let mut cases = vec![format!("isNull({column})"), "'~'".to_owned()];
    if !names.exact.is_empty() {
        cases.push(sets.holds(&value, &format!("{set}_exact"), &names.exact));
        cases.push(format!("concat('=', {value})"));
    }
    cases.extend(longest(&value, set, names, sets));
    cases.push("''".to_owned());
    keys.push(format!("multiIf({})", cases.join(", ")));
    if !names.bases.is_empty() {
        let base = base(column);
        let holds = sets.holds(&base, &format!("{set}_bases"), &names.bases);
        keys.push(format!("if({holds}, {base}, '')"));
    }
    keys
}

/// Returns conditions and values that find the longest prefix of a text.
fn longest(value: &str, set: &str, names: &Names, sets: &mut Sets) -> Vec<String> {
    let mut cases = Vec::new();
    for length in names.lengths() {
        let start = format!("substring({value}, 1, {length})");
        cases.push(sets.holds_prefix(&start, &format!("{set}_prefixes"), &names.prefixes, length));
        cases.push(format!("concat('^', {start})"));
    }
    cases
}

/// Returns the part of the key that tells renames apart: what is below the path moves as well.
fn moved(set: &str, partition: &Partition, sets: &mut Sets) -> String {
    let value = "ifNull(path, '')";
    let below = format!("concat({value}, '/')");
    let mut cases = vec!["position(ifNull(access, 'rename'), 'rename') = 0".to_owned(), "''".to_owned()];
    cases.push(sets.holds(value, &format!("{set}_folders"), &partition.folders));
    cases.push(format!("concat('=', {value})"));
    cases.extend(longest(&below, set, &partition.path, sets));
    cases.push("''".to_owned());
    format!("multiIf({})", cases.join(", "))
}

fn one_of(column: &str, set: &str, texts: &BTreeSet<Vec<u8>>, sets: &mut Sets) -> Option<String> {
    let value = format!("ifNull({column}, '')");
    (!texts.is_empty()).then(|| {
        let holds = sets.holds(&value, set, texts);
        format!("multiIf(isNull({column}), '~', {holds}, concat('=', {value}), '')")
    })
}

/// Returns the part of the key that tells addresses apart: the smallest block that has it.
fn address(set: &str, partition: &Partition, sets: &mut Sets) -> Option<String> {
    let lengths: BTreeSet<u8> = partition.blocks.iter().map(|(length, _)| *length).collect();
    if lengths.is_empty() {
        // Ports of every address do not tell addresses apart, and whether one is known can still matter.
        return (!partition.ports.is_empty()).then(|| "if(isNull(dst_address), '~', '')".to_owned());
    }
    let mut cases = vec!["isNull(dst_address)".to_owned(), "'~'".to_owned()];
    for length in lengths.into_iter().rev() {
        let mask = halves(u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0));
        let high = format!("bitAnd(high_half, toUInt64({}))", mask.0);
        let low = format!("bitAnd(low_half, toUInt64({}))", mask.1);
        let pair = format!("({high}, {low})");
        cases.push(sets.holds_block(&pair, set, &partition.blocks, length));
        cases.push(format!("concat('{length}/', toString({high}), '/', toString({low}))"));
    }
    cases.push("''".to_owned());
    Some(format!("multiIf({})", cases.join(", ")))
}

/// More bounds would make the text of the query too long.
const MOST_BOUNDS: usize = 2_000;

/// Returns the part of the key that tells ports apart: how many bounds are not above it.
fn port(bounds: &BTreeSet<u16>) -> Option<String> {
    if bounds.len() > MOST_BOUNDS {
        return Some(whole("dst_port"));
    }
    let list: Vec<_> = bounds.iter().map(ToString::to_string).collect();
    (!bounds.is_empty()).then(|| {
        format!(
            "if(isNull(dst_port), '~', toString(arrayCount(bound -> bound <= ifNull(dst_port, 0), [{}])))",
            list.join(", ")
        )
    })
}

/// Returns the queries that group the events of each operation.
pub(super) fn printed(operation: Operation, partition: &Partition, events: &Events<'_>) -> Statement {
    let mut sets = Sets::new(Form::Printed);
    let grouping = Grouping::new(operation, partition, &mut sets);
    grouping.statement(events, sets)
}
