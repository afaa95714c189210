//! What a rule is about -> the techniques of MITRE ATT&CK that it concerns, each with the reason; or that none is known.

use schemars::JsonSchema;
use serde::Serialize;
use telovix_policy::confine::Operation;

use crate::technique::{self, Technique};

/// What a rule protects from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Threat {
    /// The id of a technique of MITRE ATT&CK: `T1055.008`.
    pub technique: String,
    /// Its name; absent for an id of the author's that this version does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its page.
    pub source: String,
    /// What in the document led to it.
    pub because: String,
}

/// The threats of one rule, as they are found: at most one for each technique, the first reason wins.
#[derive(Debug, Default)]
pub(crate) struct Threats {
    found: Vec<Threat>,
}

impl Threats {
    /// Adds the ids that the author wrote into a text.
    pub(crate) fn written(&mut self, text: &str, field: &str) {
        for id in technique::written(text) {
            let threat = Threat {
                name: None,
                source: technique::page(&id),
                because: format!("`{field}` names it"),
                technique: id,
            };
            self.add(threat);
        }
    }

    /// Adds what a path is known for; returns whether it is known for something.
    pub(crate) fn path(&mut self, path: &str) -> bool {
        self.known(technique::of_path(path), &format!("it is about `{path}`"))
    }

    /// Adds what a kernel function is known for; returns whether it is known for something.
    pub(crate) fn function(&mut self, function: &str) -> bool {
        self.known(technique::of_function(function), &format!("it needs `{function}`"))
    }

    /// Adds what needs an operation.
    pub(crate) fn operation(&mut self, operation: Operation) {
        for technique in technique::of_operation(operation) {
            self.known(Some(*technique), &format!("it needs the operation `{operation}`"));
        }
    }

    /// Returns whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns what was found.
    pub(crate) fn into_found(self) -> Vec<Threat> {
        self.found
    }

    fn known(&mut self, technique: Option<Technique>, because: &str) -> bool {
        let Some(technique) = technique else { return false };
        self.add(Threat {
            technique: technique.id.to_owned(),
            name: Some(technique.name.to_owned()),
            source: technique.page(),
            because: because.to_owned(),
        });
        true
    }

    fn add(&mut self, threat: Threat) {
        if !self.found.iter().any(|found| found.technique == threat.technique) {
            self.found.push(threat);
        }
    }
}
