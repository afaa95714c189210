//! Answers of `query who` and `query what` -> text, JSON, and the edges of a graph.

use std::io::{self, Write};

use serde::Serialize;
use telovix_compare::{Allowed, Answer, Outside, Side};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Effect, Exemption, Operation, Subject};
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, Fields, NotEvaluated, Reason, VerdictReport,
};
use telovix_policy::value::Scope;

use super::graph::Edge;
use crate::command::why::text;
use crate::output::json;

/// The parent of a process that is asked about.
const INIT: &str = "/sbin/init";

/// The effect for each binary.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Who {
    /// The version of this JSON format.
    version: u32,
    answers: Vec<WhoAnswer>,
}

/// One process and the verdict on it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WhoAnswer {
    /// The event, in the shape of `schemas/event.json`.
    event: serde_json::Value,
    /// The effect, and the reason.
    verdict: VerdictReport,
    /// The scope of the document that decided; absent for the whole fleet.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Place>,
    /// Exceptions of the document that decided: those for children of other processes, or the one that allows this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Exception>,
    #[serde(skip)]
    told: Event,
    #[serde(skip)]
    strongest: Effect,
}

/// A sensor or a group of sensors.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    /// The sensor.
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor: Option<String>,
    /// The group.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

/// An exception.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Exception {
    /// The executables it applies to; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    /// The parent executables it applies to; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// The reason.
    reason: String,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The last day it is in force; unlimited if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// File and line; null if the query was about an image.
    source: Option<String>,
}

impl Place {
    fn of(scope: &Scope) -> Option<Self> {
        match scope {
            Scope::Fleet => None,
            Scope::Sensor(name) => Some(Self { sensor: Some(name.clone()), group: None }),
            Scope::Group(name) => Some(Self { sensor: None, group: Some(name.clone()) }),
        }
    }

    fn words(&self) -> String {
        match (&self.sensor, &self.group) {
            (Some(sensor), _) => format!("on sensor {sensor}"),
            (None, Some(group)) => format!("in group {group}"),
            (None, None) => String::new(),
        }
    }
}

impl Exception {
    fn of(exemption: &Exemption, sources: Option<&SourceSet>) -> Self {
        Self {
            process: exemption.process.as_ref().map(ToString::to_string),
            parent: exemption.parent.as_ref().map(ToString::to_string),
            reason: exemption.reason.clone(),
            owner: exemption.owner.clone(),
            until: exemption.expiry.map(|day| day.to_string()),
            source: sources.map(|sources| sources.locate(exemption.span)),
        }
    }

    /// Returns the last day and the reason.
    fn ground(&self) -> String {
        let until = self.until.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        format!("exception{until}: {}", self.reason)
    }
}

impl Who {
    /// Builds the output from the answers and the documents that are not evaluated.
    pub(super) fn new(answers: &[Answer<'_>], side: &Side<'_>, outside: Option<&Outside<'_>>) -> Self {
        let answer = |answer: &Answer<'_>| {
            let mut event = answer.event.clone();
            let mut verdict = completed(&event, answer, side, outside);
            // Policies of Tetragon may depend on more of the process than the confinements.
            let lacking: Fields =
                Field::ALL.into_iter().filter(|field| verdict.depends_on.contains(&field.name())).collect();
            if !lacking.is_empty() {
                event.take(lacking, &answer.process);
                verdict = completed(&event, answer, side, outside);
            }
            let decision = answer.verdict.decision.as_ref();
            let binary = event.binary.as_deref().unwrap_or_default();
            let exceptions = decision.map_or(Vec::new(), |decision| match &decision.reason {
                Reason::Exempts(exemption) => vec![*exemption],
                Reason::Lists(_) => Vec::new(),
                Reason::Names(_) => {
                    let own = |exemption: &&Exemption| {
                        exemption.process.as_ref().is_none_or(|one| one.contains(binary))
                    };
                    decision.confinement.exemptions.iter().filter(own).collect()
                }
            });
            WhoAnswer {
                event: event.to_json(),
                scope: decision.and_then(|decision| Place::of(&decision.confinement.scope)),
                exceptions: exceptions.into_iter().map(|one| Exception::of(one, side.sources())).collect(),
                strongest: strongest(&verdict),
                verdict,
                told: event.clone(),
            }
        };
        Self { version: json::VERSION, answers: answers.iter().map(answer).collect() }
    }

    /// Returns whether an effect depends on documents that are not evaluated.
    pub(super) fn is_unknown(&self) -> bool {
        self.answers.iter().any(|answer| answer.verdict.is_unknown())
    }

    /// Prints one line per process, then the documents that may act and were not evaluated.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for answer in &self.answers {
            let told = &answer.verdict;
            let source = told.source.as_ref().map(|source| format!("{source} ")).unwrap_or_default();
            let mut why = match &told.document {
                Some(DocumentReport { name, .. }) => format!("{source}`{name}`"),
                None if told.is_unknown() => "no evaluated document confines this".to_owned(),
                None => "nothing confines this".to_owned(),
            };
            if let Some(place) = &answer.scope {
                why += &format!(", only {}", place.words());
            }
            for exception in &answer.exceptions {
                why += &match (&exception.parent, &told.exempted) {
                    (_, Some(_)) => format!(", {}", exception.ground()),
                    (Some(parent), None) => {
                        format!(", except when started by {parent} ({})", exception.ground())
                    }
                    (None, None) => continue,
                };
            }
            writeln!(out, "{:<8} {}  {why}", told.effect, answer.told)?;
        }
        let verdicts = || self.answers.iter().map(|answer| &answer.verdict);
        outside(
            verdicts().flat_map(|verdict| &verdict.not_evaluated),
            verdicts().flat_map(|verdict| &verdict.detections),
            out,
        )
    }

    /// Returns the edges of the graph.
    pub(super) fn edges(&self, done: &str) -> Vec<Edge> {
        let edge = |answer: &WhoAnswer| Edge {
            from: answer.told.binary.clone().unwrap_or_default(),
            to: done.to_owned(),
            effect: answer.strongest,
            label: if answer.verdict.is_unknown() { answer.verdict.effect.to_owned() } else { String::new() },
        };
        self.answers.iter().map(edge).collect()
    }
}

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

/// Prints each document that may act and is not evaluated, and each detection, once.
fn outside<'run>(
    not_evaluated: impl Iterator<Item = &'run NotEvaluated>,
    detections: impl Iterator<Item = &'run DetectionReport>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    for line in not_evaluated.map(text::not_evaluated).chain(detections.map(text::detection)) {
        if !lines.contains(&line) {
            writeln!(out, "{line}")?;
            lines.push(line);
        }
    }
    Ok(())
}

/// Returns the verdict of all documents.
fn completed(
    event: &Event,
    answer: &Answer<'_>,
    side: &Side<'_>,
    outside: Option<&Outside<'_>>,
) -> VerdictReport {
    let mut verdict = report(answer, side);
    if let Some(outside) = outside {
        outside.complete(event, &mut verdict);
    }
    verdict
}

/// Returns the verdict; without source lines for an image.
fn report(answer: &Answer<'_>, side: &Side<'_>) -> VerdictReport {
    match side.sources() {
        Some(sources) => answer.verdict.report(&answer.event, sources),
        None => VerdictReport { source: None, ..answer.verdict.report(&answer.event, &SourceSet::default()) },
    }
}

/// Returns the effect, or the strongest possible one if it is unknown.
pub(super) fn strongest(verdict: &VerdictReport) -> Effect {
    let name = verdict.at_most.unwrap_or(verdict.effect);
    Effect::ALL.into_iter().find(|effect| effect.name() == name).expect("reports have names of effects")
}
