//! The answer of `query what` -> text, JSON, and the edges of a graph.

use std::io::{self, Write};

use serde::Serialize;
use telovix_compare::{Allowed, Outside, Side};
use telovix_policy::confine::{Effect, Exemption, Operation, Subject};
use telovix_policy::judge::{DocumentReport, Event, NotEvaluated};

use super::answer::{Exception, INIT, Place, outside};
use super::graph::Edge;
use crate::output::json;

/// What a binary may do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct What {
    /// The version of this JSON format.
    version: u32,
    binary: String,
    operation: &'static str,
    /// What is allowed on a host without sensor and group.
    allowed: Vec<String>,
    /// The exceptions that contribute to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Exception>,
    /// What is allowed elsewhere or under conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    otherwise: Vec<WhatOtherwise>,
    /// What custom rules and TracingPolicies stop of it, or may stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stopped: Vec<WhatStopped>,
    /// Documents that may act on it and are not evaluated here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_evaluated: Vec<NotEvaluated>,
}

/// What a line of a custom rule or TracingPolicy stops.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WhatStopped {
    /// `kill` or `deny`; the strongest that is possible.
    effect: &'static str,
    /// One event that it stops, in the shape of `schemas/event.json`.
    event: serde_json::Value,
    /// The document.
    document: DocumentReport,
    /// The hook.
    hook: String,
    /// File and line that decide.
    source: String,
    /// What decides whether it is stopped, and no event tells; absent if it is certain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undecided: Vec<String>,
    /// The sensor or group; absent for all hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Place>,
    #[serde(skip)]
    told: Event,
}

/// What a binary may do on some hosts, or below some processes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WhatOtherwise {
    /// The sensor or group; absent for all hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Place>,
    /// The exception that allows more, for children of `parent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Exception>,
    /// An ancestor process: a binary or a base name.
    #[serde(skip_serializing_if = "Option::is_none")]
    descendant_of: Option<String>,
    /// What is allowed.
    allowed: Vec<String>,
}

impl What {
    /// Builds the output from the answer and the documents that are not evaluated.
    pub(super) fn new(
        answer: &Allowed<'_>,
        (binary, operation): (&str, Operation),
        side: &Side<'_>,
        outside: Option<&Outside<'_>>,
    ) -> Self {
        let exception = |exemption: &Exemption| Exception::of(exemption, side.sources());
        let otherwise = answer.otherwise.iter().map(|otherwise| WhatOtherwise {
            scope: Place::of(otherwise.scope),
            exception: otherwise.exception.map(exception),
            descendant_of: otherwise.below.map(|subject| match subject {
                Subject::Everyone => "everyone".to_owned(),
                Subject::Binary(path) => path.as_str().to_owned(),
                Subject::BaseName(name) => name.clone(),
            }),
            allowed: otherwise.parts.clone(),
        });
        let process = Event {
            binary: Some(binary.to_owned()),
            parent: Some(INIT.to_owned()),
            ancestors: Some(vec![INIT.to_owned()]),
            ..Event::new(operation)
        };
        let (stops, not_evaluated) = outside.map(|outside| outside.stops(&process)).unwrap_or_default();
        let stopped = stops.into_iter().map(|stop| WhatStopped {
            effect: stop.effect.name(),
            event: stop.event.to_json(),
            scope: Place::of(&stop.scope),
            document: stop.document,
            hook: stop.hook,
            source: stop.source,
            undecided: stop.undecided,
            told: stop.event,
        });
        Self {
            version: json::VERSION,
            binary: binary.to_owned(),
            operation: operation.name(),
            allowed: answer.parts.clone(),
            exceptions: answer.exceptions.iter().map(|one| exception(one)).collect(),
            otherwise: otherwise.collect(),
            stopped: stopped.collect(),
            not_evaluated,
        }
    }

    /// Returns whether it depends on documents that are not evaluated.
    pub(super) fn is_unknown(&self) -> bool {
        !self.not_evaluated.is_empty() || self.stopped.iter().any(|stop| !stop.undecided.is_empty())
    }

    /// Prints one line per part, then what differs elsewhere or under conditions.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.allowed.iter().try_for_each(|part| writeln!(out, "{part}"))?;
        for exception in &self.exceptions {
            writeln!(out, "({})", exception.ground())?;
        }
        for otherwise in &self.otherwise {
            writeln!(out, "{}:", otherwise.words())?;
            if otherwise.allowed.is_empty() {
                writeln!(out, "  nothing")?;
            }
            otherwise.allowed.iter().try_for_each(|part| writeln!(out, "  {part}"))?;
        }
        if !self.stopped.is_empty() {
            writeln!(out, "without what TracingPolicies stop, for example:")?;
        }
        for stop in &self.stopped {
            let WhatStopped { effect, document, hook, source, undecided, told, .. } = stop;
            let perhaps = if undecided.is_empty() { "" } else { "perhaps " };
            write!(out, "  {perhaps}{effect}: {told}  {source} `{}`, {hook}", document.name)?;
            if let Some(place) = &stop.scope {
                write!(out, ", only {}", place.words())?;
            }
            if !undecided.is_empty() {
                write!(out, ", depending on {}", undecided.join(", "))?;
            }
            writeln!(out)?;
        }
        outside(self.not_evaluated.iter(), std::iter::empty(), out)
    }

    /// Returns the edges of the graph.
    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |part: &String, label: String| Edge {
            from: self.binary.clone(),
            to: part.clone(),
            effect: Effect::Allow,
            label,
        };
        let plain = self.allowed.iter().map(|part| edge(part, self.operation.to_owned()));
        let otherwise = self.otherwise.iter().flat_map(|otherwise| {
            let label = format!("{} {}", self.operation, otherwise.words());
            otherwise.allowed.iter().map(move |part| edge(part, label.clone()))
        });
        plain.chain(otherwise).collect()
    }
}

impl WhatOtherwise {
    fn words(&self) -> String {
        let parent = |exception: &Exception| {
            let parent = exception.parent.as_deref().unwrap_or("any process");
            format!("when started by {parent} ({})", exception.ground())
        };
        let words = [
            self.scope.as_ref().map(Place::words),
            self.exception.as_ref().map(parent),
            self.descendant_of
                .as_ref()
                .map(|above| format!("as a descendant of {above}, which passes on its confinement")),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
