//! Why a server gave no answer.

use thiserror::Error;

/// Why there is no answer. No text has the password.
#[derive(Debug, Error)]
pub enum Error {
    /// Nothing listens there, or the connection broke.
    #[error("no answer from {server}: {problem}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// Why.
        problem: String,
    },
    /// The time was over.
    #[error("no answer from {server} within {seconds} s{}", silent(.shards))]
    Slow {
        /// Host and port.
        server: String,
        /// How long was waited.
        seconds: u64,
        /// The shards that do not answer, where that is known.
        shards: Vec<String>,
    },
    /// The server says that a shard does not answer.
    #[error("{} of the cluster did not answer: {message}", shards.join(", "))]
    Shard {
        /// The shards.
        shards: Vec<String>,
        /// What the server says.
        message: String,
    },
    /// The server refuses the query.
    #[error("{server} refuses: {message}")]
    Refused {
        /// Host and port.
        server: String,
        /// The number of the exception.
        code: Option<u32>,
        /// What the server says.
        message: String,
    },
    /// The answer ends before its end.
    #[error("the answer of {server} is not complete: {problem}")]
    Cut {
        /// Host and port.
        server: String,
        /// How that is seen.
        problem: String,
    },
    /// Settings of the user allow answers from a part of the rows.
    #[error("the settings of the user let {server} answer with a part of the events: {}", .settings.join(", "))]
    Partial {
        /// Host and port.
        server: String,
        /// Each setting with its value.
        settings: Vec<String>,
    },
    /// The table is not one of events.
    #[error("`{table}` is not a table of events: {}", .problems.join("; "))]
    Columns {
        /// The table.
        table: String,
        /// What it lacks.
        problems: Vec<String>,
    },
}

fn silent(shards: &[String]) -> String {
    match shards {
        [] => String::new(),
        [one] => format!(": {one} does not answer"),
        several => format!(": {} do not answer", several.join(", ")),
    }
}
