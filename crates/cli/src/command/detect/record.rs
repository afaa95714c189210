//! What is told -> one JSON object on each line.

use std::io::{self, Write};

use serde::Serialize;
use telovix_replay::detect::{Difference, Investigation, Output, Statistics, Violation};
use telovix_replay::sql::DetectionCount;

use super::kill::Outcome;

/// The version of the format. It increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// A line of the output.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Line<'run> {
    /// The version of the format.
    version: u32,
    #[serde(flatten)]
    pub(super) record: Record<'run>,
}

/// What a line tells.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record<'run> {
    /// An event violates a policy, or a detection matches it.
    Violation(&'run Violation),
    /// An investigation was opened or closed.
    Investigation(&'run Investigation),
    /// The candidate treats an event differently.
    Difference(&'run Difference),
    /// A process was killed, or not.
    Action(&'run Outcome),
    /// How often a detection matches events of a table.
    Detection(&'run DetectionCount),
    /// The end of the stream.
    Statistics(&'run Statistics),
}

impl<'run> Line<'run> {
    pub(super) fn found(output: &'run Output) -> Self {
        Self::new(match output {
            Output::Violation(violation) => Record::Violation(violation),
            Output::Investigation(investigation) => Record::Investigation(investigation),
            Output::Difference(difference) => Record::Difference(difference),
        })
    }

    pub(super) fn action(outcome: &'run Outcome) -> Self {
        Self::new(Record::Action(outcome))
    }

    pub(super) fn statistics(statistics: &'run Statistics) -> Self {
        Self::new(Record::Statistics(statistics))
    }

    pub(super) fn detection(count: &'run DetectionCount) -> Self {
        Self::new(Record::Detection(count))
    }

    fn new(record: Record<'run>) -> Self {
        Self { version: VERSION, record }
    }
}

/// Writes a line.
pub(super) fn write(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    writeln!(out)
}
