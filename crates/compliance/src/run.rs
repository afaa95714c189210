//! A file of recorded runs -> runs of scenarios, each with the controls it was made for.
//!
//! JSON lines. The file is made by whoever ran the scenario; nothing in it is checked against a kernel here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One recorded run of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The name of the scenario.
    pub scenario: String,
    /// The tags of the controls it is evidence for.
    pub controls: Vec<String>,
    /// What has to hold before it.
    #[serde(default)]
    pub preconditions: Vec<String>,
    /// What was done, in this order.
    pub steps: Vec<String>,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
    /// Whether that is what was expected, as the one who ran it recorded it.
    pub passed: bool,
    /// When it ran, as recorded.
    pub at: String,
    /// Where it ran, such as a host and its kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A line that is not a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Its number, from 1.
    pub line: usize,
    /// Why.
    pub problem: String,
}

/// Reads a file of runs; empty lines are allowed.
///
/// # Errors
/// With the first line that is not a run: evidence is never read in part.
pub fn read(text: &str) -> Result<Vec<Run>, Malformed> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let run = |(line, text): (usize, &str)| {
        serde_json::from_str(text).map_err(|error| Malformed { line, problem: error.to_string() })
    };
    lines.map(run).collect()
}
