//! An event -> every document that matches it, the effect of each, and which one decides.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use telovix_compare::{EngineOpinion, Outside, Side};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{
    DetectionReport, DocumentReport, Event, Field, Index, NotEvaluated, Opinion, UNKNOWN,
};

use super::graph::Edge;
use crate::command::why::text;
use crate::output::json;

/// The documents that match an event.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Which {
    /// The version of this JSON format.
    version: u32,
    /// The event, in the shape of `schemas/event.json`.
    event: serde_json::Value,
    /// `allow`, `observe`, `log`, `kill` or `deny`: the strongest effect wins. `unknown` if it depends on a field
    /// that the event lacks or on a document that is not evaluated.
    effect: &'static str,
    /// The missing fields of the event that the effect depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'static str>,
    /// The weakest possible effect, if the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<&'static str>,
    /// The strongest possible effect, if the effect is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<&'static str>,
    /// Documents that may act on the event and that are not evaluated here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_evaluated: Vec<NotEvaluated>,
    /// Detections that match the event, or may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detections: Vec<DetectionReport>,
    /// The documents that match the event; the deciding one comes first.
    opinions: Vec<Said>,
}

/// The opinion of one document.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Said {
    /// Whether it decides.
    decides: bool,
    /// `gives`, `allows`, `exempts` or `may give`.
    says: &'static str,
    /// The effect it gives, or would give without the exception.
    effect: &'static str,
    document: DocumentReport,
    /// The part of the document.
    dimension: Cow<'static, str>,
    /// File and line; null if the query was about an image.
    source: Option<String>,
    /// The missing fields of the event that `says` depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'static str>,
    #[serde(skip)]
    effect_given: Effect,
}

impl Which {
    /// Evaluates the event on a policy set.
    pub(super) fn ask(side: &Side<'_>, outside: Option<&Outside<'_>>, event: &Event) -> Self {
        let index = Index::new(side.confinements());
        let verdict = index.judge(event);
        let no_sources = SourceSet::default();
        let mut told = verdict.report(event, side.sources().unwrap_or(&no_sources));
        if let Some(outside) = outside {
            outside.complete(event, &mut told);
        }
        let by_engine = !told.actions.is_empty();
        let decides = verdict.decision.as_ref().filter(|_| !by_engine).map(|decision| decision.index);
        let opinions = index.opinions(event).into_iter();
        let mut opinions: Vec<_> =
            opinions.map(|(at, found, opinion)| said(side, found, opinion, decides == Some(at))).collect();
        let engine = outside.map(|outside| outside.opinions(event)).unwrap_or_default();
        opinions.extend(engine.into_iter().map(|opinion| {
            let decides = by_engine && told.source.as_ref() == Some(&opinion.source);
            said_by_engine(opinion, decides)
        }));
        opinions
            .sort_by_key(|said| (!said.decides, said.says != "gives", std::cmp::Reverse(said.effect_given)));
        Self {
            version: json::VERSION,
            event: event.to_json(),
            effect: told.effect,
            depends_on: told.depends_on,
            at_least: told.at_least,
            at_most: told.at_most,
            not_evaluated: told.not_evaluated,
            detections: told.detections,
            opinions,
        }
    }

    /// Returns whether the effect is unknown.
    pub(super) fn is_unknown(&self) -> bool {
        self.effect == UNKNOWN
    }

    /// Prints one line for each document.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.effect)?;
        if self.opinions.is_empty() && self.not_evaluated.is_empty() && self.detections.is_empty() {
            writeln!(out, "  no document matches this event")?;
        }
        for said in &self.opinions {
            let mark = if said.decides { "decides" } else { "" };
            let DocumentReport { kind, name, .. } = &said.document;
            let source = said.source.as_ref().map(|source| format!("{source}: ")).unwrap_or_default();
            writeln!(out, "  {mark:<8} {:<13} {source}{kind} `{name}`, {}", said.words(), said.dimension)?;
        }
        if !self.depends_on.is_empty() {
            writeln!(out, "  the event lacks {}", self.depends_on.join(", "))?;
        }
        for document in &self.not_evaluated {
            writeln!(out, "  {}", text::not_evaluated(document))?;
        }
        if let (Some(least), Some(most)) = (self.at_least, self.at_most) {
            writeln!(out, "  the effect is between {least} and {most}")?;
        }
        for found in &self.detections {
            writeln!(out, "  {}", text::detection(found))?;
        }
        Ok(())
    }

    /// Returns the edges of the graph.
    pub(super) fn edges(&self, event: &Event) -> Vec<Edge> {
        let edge = |said: &Said| Edge {
            from: event.to_string(),
            to: match &said.source {
                Some(source) => format!("{} ({source})", said.document.name),
                None => said.document.name.to_string(),
            },
            effect: if said.says == "gives" { said.effect_given } else { Effect::Allow },
            label: if said.decides { format!("{}, decides", said.words()) } else { said.words() },
        };
        let not_evaluated = |document: &NotEvaluated| Edge {
            from: event.to_string(),
            to: format!("{} ({})", document.document.name, document.source),
            effect: Effect::Deny,
            label: "not evaluated".to_owned(),
        };
        self.opinions.iter().map(edge).chain(self.not_evaluated.iter().map(not_evaluated)).collect()
    }
}

impl Said {
    fn words(&self) -> String {
        match self.says {
            "gives" => self.effect.to_owned(),
            "may give" => format!("may be {}", self.effect),
            says => says.to_owned(),
        }
    }
}

fn said(side: &Side<'_>, confinement: &Confinement, opinion: Opinion, decides: bool) -> Said {
    let (says, fields) = match opinion {
        Opinion::Names => ("gives", None),
        Opinion::Allows => ("allows", None),
        Opinion::Exempts => ("exempts", None),
        Opinion::Depends(fields) => ("may give", Some(fields)),
    };
    let effect = confinement.acting_effect();
    Said {
        decides,
        says,
        effect: effect.name(),
        document: DocumentReport::of(confinement),
        dimension: confinement.dimension.name().into(),
        source: side.sources().map(|sources| sources.locate(confinement.span)),
        depends_on: fields
            .into_iter()
            .flat_map(telovix_policy::judge::Fields::iter)
            .map(Field::name)
            .collect(),
        effect_given: effect,
    }
}

fn said_by_engine(opinion: EngineOpinion, decides: bool) -> Said {
    let EngineOpinion { document, hook, source, effect, is_certain, fields, .. } = opinion;
    Said {
        decides,
        says: if is_certain { "gives" } else { "may give" },
        effect: effect.name(),
        document,
        dimension: hook.into(),
        source: Some(source),
        depends_on: fields.iter().map(Field::name).collect(),
        effect_given: effect,
    }
}
