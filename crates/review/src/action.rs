//! What a rule does -> what it may hit if it is wrong, and the way back.

use schemars::JsonSchema;
use serde::Serialize;

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Action {
    /// What it does, in words: `deny the operation`, `Sigkill`.
    pub does: String,
    /// Whether it stops something.
    pub acts: bool,
    /// What a wrong match stops; absent for a rule that only reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<String>,
    /// How to undo it; absent for a rule that only reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way_back: Option<String>,
}

impl Action {
    /// Returns an action that only reports.
    pub(crate) fn reports(does: impl Into<String>) -> Self {
        Self { does: does.into(), acts: false, blast_radius: None, way_back: None }
    }

    /// Returns an action that stops something.
    pub(crate) fn stops(does: impl Into<String>, blast_radius: String, way_back: String) -> Self {
        Self { does: does.into(), acts: true, blast_radius: Some(blast_radius), way_back: Some(way_back) }
    }
}

/// How a wrong match ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The operation fails, and the process goes on.
    Denied,
    /// The process ends.
    Killed,
}

impl Harm {
    /// Returns what happens to the processes of a subject, on the hosts of a scope.
    pub(crate) fn to(self, subject: &str, hosts: &str) -> String {
        let harm = match self {
            Self::Denied => "the operation fails with an error and the process goes on",
            Self::Killed => {
                "the process is killed; what it was doing is lost, and a supervisor may restart it in a loop"
            }
        };
        format!("{subject}, {hosts}: {harm}")
    }
}
