//! The answer of `query who` -> text, JSON, and the edges of a graph; and the parts that it shares with `query what`.

use std::io::{self, Write};

use serde::Serialize;
use telovix_compare::{Answer, Outside, Side};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Effect, Exemption};
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, Fields, NotEvaluated, Reason, VerdictReport,
};
use telovix_policy::value::Scope;

use super::graph::Edge;
use crate::command::why::text;
use crate::output::json;

/// The parent of a process that is asked about.
pub(super) const INIT: &str = "/sbin/init";

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
pub(super) struct Place {
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
pub(super) struct Exception {
    /// The executables it applies to; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    /// The parent executables it applies to; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
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
    pub(super) fn of(scope: &Scope) -> Option<Self> {
        match scope {
            Scope::Fleet => None,
            Scope::Sensor(name) => Some(Self { sensor: Some(name.clone()), group: None }),
            Scope::Group(name) => Some(Self { sensor: None, group: Some(name.clone()) }),
        }
    }

    pub(super) fn words(&self) -> String {
        match (&self.sensor, &self.group) {
            (Some(sensor), _) => format!("on sensor {sensor}"),
            (None, Some(group)) => format!("in group {group}"),
            (None, None) => String::new(),
        }
    }
}

impl Exception {
    pub(super) fn of(exemption: &Exemption, sources: Option<&SourceSet>) -> Self {
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
    pub(super) fn ground(&self) -> String {
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

/// Prints each document that may act and is not evaluated, and each detection, once.
pub(super) fn outside<'run>(
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
