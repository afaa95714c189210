//! The parts of the answer, which are also parts of its JSON.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Counts by effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Effects {
    /// The operation would have been denied.
    pub deny: u64,
    /// The process would have been killed after the fact.
    pub kill: u64,
    /// Would have been recorded.
    pub log: u64,
    /// Would have been counted only.
    pub observe: u64,
}

/// A value and its number of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// The value.
    pub value: String,
    /// The number of events.
    pub events: u64,
}

/// The events that one line of a policy decides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RuleImpact {
    /// The kind of its document.
    pub kind: String,
    /// The id of its document.
    pub id: String,
    /// The name of its document.
    pub name: String,
    /// The part of the document.
    pub dimension: String,
    /// File and line: `profiles/amf.yaml:12`.
    pub source: String,
    /// The entry of the list, if one decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// `deny`, `kill`, `log` or `observe`.
    pub effect: String,
    /// Events it decided.
    pub events: u64,
    /// The first of them.
    pub first_seen: Option<String>,
    /// The last of them.
    pub last_seen: Option<String>,
    /// Events by hour of the day in UTC.
    pub hours: [u64; 24],
    /// Some of them, no two alike.
    pub samples: Vec<SampleEvent>,
}

/// An event, with where it was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SampleEvent {
    /// The event, in the format that `telovix why` reads.
    pub event: Value,
    /// The event as text.
    pub text: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// On which host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// In which pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// File and line of the history.
    pub found: String,
    /// What the policy does with it.
    pub effect: String,
    /// What the policy given as `--base` does with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// One hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HourImpact {
    /// Its start.
    pub hour: String,
    /// Events that were read.
    pub scanned: u64,
    /// Affected events.
    pub events: u64,
}

/// Events that may be affected, depending on missing fields.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Possible {
    /// The missing fields that decide, the most frequent first.
    pub lacking: Vec<Count>,
    /// The rules that may decide them, with the strongest effect that is possible.
    pub by_rule: Vec<RuleImpact>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct History {
    /// The files.
    pub files: Vec<String>,
    /// Bytes read, before decompression.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Events of Tetragon.
    pub tetragon_events: u64,
    /// Events of Telovix.
    pub telovix_events: u64,
    /// Lines that could not be read; blank lines are not counted.
    pub malformed: u64,
    /// Those, by what is wrong.
    pub problems: Vec<ProblemLines>,
    /// Files that were not read to their end. The answer counts the events before that point.
    pub incomplete: Vec<IncompleteFile>,
    /// Lines with several aggregated events each; each line is counted as one event.
    pub aggregated: u64,
    /// Whether some list dropped rare values because there were too many, so that small counts may be too small.
    pub approximate: bool,
}

/// Malformed lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProblemLines {
    /// What is wrong.
    pub problem: String,
    /// How many lines.
    pub lines: u64,
    /// The first ones.
    pub first: Vec<MalformedLine>,
}

/// A malformed line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MalformedLine {
    /// File and line.
    pub found: String,
    /// How it starts, or what is wrong with it.
    pub text: String,
}

/// A file that was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IncompleteFile {
    /// The file.
    pub file: String,
    /// Why.
    pub problem: String,
    /// Whether what is missing was lost, rather than written while the file was read.
    pub lost: bool,
}
