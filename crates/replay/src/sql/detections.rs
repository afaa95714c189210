//! Detections -> SQL of ClickHouse over a table of events, for a history that stays where it is.
//!
//! The query reads with `SELECT` only, and has the words that 18.16 and later releases share. What an event lacks is `NULL`.
//! `AND` and `OR` of 18.16 do not compute with three values, so each condition is 0 or 1, and what is unknown is asked for
//! apart: the verdict on an event is 0 for no match, 1 for a match and 2 for a possible one.

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{EventKind, GuardianPolicy};
use telovix_policy::value::PortRange;

use super::groups::Events;
use super::impact::Unanswered;
use super::statement::{Answer, Server, Statement, literal};
use crate::moment::Moment;

/// Returns one query that counts, for each detection, the matches, the possible matches, and the first and the last match.
/// `table` is the name of a table with the columns of [`create`](super::create). Without a detection there is no query.
#[must_use]
pub fn query<'policy>(
    detections: impl IntoIterator<Item = &'policy GuardianPolicy>,
    sources: &SourceSet,
    table: &str,
    window: (Option<Moment>, Option<Moment>),
) -> Option<String> {
    let events = Events { table, since: window.0, until: window.1 };

    let parts = detections.into_iter().map(|detection| {
        format!(
            "SELECT {} AS detection, {} AS severity, {} AS action, {} AS source,\n       \
             countIf(({} AS verdict) = 1) AS matches, countIf(verdict = 2) AS possible,\n       \
             minIf(observed_at, verdict = 1) AS first_seen, maxIf(observed_at, verdict = 1) AS last_seen\n\
             FROM {table}\nWHERE {}",
            text(&detection.name.value),
            text(detection.severity.name()),
            text(detection.action.name()),
            text(&sources.locate(detection.span)),
            verdict(detection),
            events.condition()
        )
    });
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| format!("{}\n", parts.join("\nUNION ALL\n")))
}

/// How often a detection matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DetectionCount {
    /// Its name.
    pub detection: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// What the Console does.
    pub action: String,
    /// File and line.
    pub source: String,
    /// Events that match.
    pub matches: u64,
    /// Events that may match, depending on missing fields.
    pub possible: u64,
    /// The first match.
    pub first_seen: Option<String>,
    /// The last match.
    pub last_seen: Option<String>,
}

/// Counts the matches of detections in a table, the most frequent first.
///
/// # Errors
/// When an answer is not known to be complete.
pub fn detections<'policy, S: Server>(
    server: &S,
    table: &str,
    window: (Option<Moment>, Option<Moment>),
    detections: impl IntoIterator<Item = &'policy GuardianPolicy>,
    sources: &SourceSet,
) -> Result<Vec<DetectionCount>, Unanswered<S::Error>> {
    let Some(query) = query(detections, sources, table, window) else { return Ok(Vec::new()) };
    let text = format!(
        "SELECT detection, severity, action, source, matches, possible, toUInt32(first_seen), toUInt32(last_seen)\n\
         FROM (\n{query})"
    );
    let answer = server.ask(&Statement { text, sets: Vec::new() }).map_err(Unanswered::Server)?;
    counts(answer).ok_or(Unanswered::NotAnAnswer("detections"))
}

fn counts(answer: Answer) -> Option<Vec<DetectionCount>> {
    let count = |row: Vec<Option<String>>| {
        let [detection, severity, action, source, matches, possible, first, last] =
            <[Option<String>; 8]>::try_from(row).ok()?;
        let matches = matches?.parse().ok()?;
        let time = |text: Option<String>| {
            let seconds = text.filter(|_| matches > 0)?.parse().ok()?;
            Some(Moment::from_seconds(seconds).to_string())
        };
        Some(DetectionCount {
            detection: detection?,
            severity: severity?,
            action: action?,
            source: source?,
            matches,
            possible: possible?.parse().ok()?,
            first_seen: time(first),
            last_seen: time(last),
        })
    };
    let mut counts = answer.into_iter().map(count).collect::<Option<Vec<_>>>()?;
    counts.sort_by(|left, right| {
        right.matches.cmp(&left.matches).then_with(|| left.detection.cmp(&right.detection))
    });
    Some(counts)
}

/// A condition that is 0 or 1, and the column that must be known for it.
struct Part {
    column: Option<&'static str>,
    test: String,
}

impl Part {
    fn known(test: String) -> Self {
        Self { column: None, test }
    }

    /// Any of the tests of a column.
    fn of(column: &'static str, tests: impl IntoIterator<Item = String>) -> Self {
        let tests: Vec<_> = tests.into_iter().map(|test| format!("ifNull({test}, 0)")).collect();
        Self { column: Some(column), test: format!("({})", tests.join(" OR ")) }
    }

    /// The condition that it does not hold, whatever is unknown.
    fn fails(&self) -> String {
        match self.column {
            None => format!("NOT {}", self.test),
            Some(column) => format!("(isNotNull({column}) AND NOT {})", self.test),
        }
    }
}

/// Returns the verdict of a detection on an event.
fn verdict(detection: &GuardianPolicy) -> String {
    let parts = parts(detection);
    let fails: Vec<_> = parts.iter().map(Part::fails).collect();
    let mut unknown: Vec<_> =
        parts.iter().filter_map(|part| part.column).map(|column| format!("isNull({column})")).collect();
    unknown.sort();
    unknown.dedup();
    match (fails.is_empty(), unknown.is_empty()) {
        (true, _) => "1".to_owned(),
        (false, true) => format!("multiIf({}, 0, 1)", fails.join(" OR ")),
        (false, false) => format!("multiIf({}, 0, {}, 2, 1)", fails.join(" OR "), unknown.join(" OR ")),
    }
}

fn parts(detection: &GuardianPolicy) -> Vec<Part> {
    let mut parts = Vec::new();
    let contains = |column: &str, part: &str| format!("position({column}, {}) > 0", text(part));
    if let Some(kind) = &detection.match_event_kind {
        let is = format!("event_kind = {}", text(&kind.value));
        // An event without a kind is none of those that are recognised by what happened.
        let recognised = EventKind::PROCESS_AND_CONNECT.contains(&kind.value.as_str());
        parts.push(if recognised {
            Part::known(format!("ifNull({is}, 0)"))
        } else {
            Part::of("event_kind", [is])
        });
    }
    if let Some(sensor) = &detection.sensor_id {
        parts.push(Part::of("sensor_id", [format!("sensor_id = {}", text(&sensor.value))]));
    }
    if let Some(group) = &detection.target_group_id {
        parts.push(Part::of("group_id", [format!("group_id = {}", text(&group.value))]));
    }
    if let Some(part) = &detection.match_process_pattern {
        parts.push(Part::of("process_executable", [contains("process_executable", &part.value)]));
    }
    if let Some(part) = &detection.match_parent_pattern {
        parts.push(Part::of("parent_executable", [contains("parent_executable", &part.value)]));
    }
    if let Some(uid) = &detection.match_uid {
        parts.push(Part::of("uid", [format!("uid = {}", uid.value)]));
    }
    if detection.match_dst_port.is_some() || detection.match_dst_ip_prefix.is_some() {
        parts.push(Part::known("ifNull(startsWith(event_kind, 'network_'), 0)".to_owned()));
    }
    if let Some(ports) = &detection.match_dst_port {
        let test = |range: PortRange| match (range.first(), range.last()) {
            (first, last) if first == last => format!("dst_port = {first}"),
            (first, last) => format!("dst_port >= {first} AND dst_port <= {last}"),
        };
        parts.push(Part::of("dst_port", ports.items.iter().map(|range| test(range.value))));
    }
    if let Some(block) = &detection.match_dst_ip_prefix {
        let test =
            |(first, last)| format!("dst_address >= {} AND dst_address <= {}", bytes(first), bytes(last));
        parts.push(Part::of("dst_address", block.value.ranges().map(test)));
    }
    if !detection.exceptions.is_empty() {
        let exempt = detection.exceptions.iter().map(|part| contains("process_executable", &part.value));
        let part = Part::of("process_executable", exempt);
        parts.push(Part { test: format!("(NOT {})", part.test), ..part });
    }
    parts
}

fn text(text: &str) -> String {
    literal(text.as_bytes())
}

/// Returns an address of 128 bits in network byte order; an IPv4 address is `::ffff:a.b.c.d`.
fn bytes(address: u128) -> String {
    format!("toFixedString(unhex('{address:032x}'), 16)")
}
