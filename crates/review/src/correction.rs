//! Findings with fixes -> the corrected text of each document file, and what a person has to decide.
//!
//! Fixes are applied that keep the meaning, or that are what was certainly meant. Of two fixes that overlap, the first
//! one is applied and the other is left to a person.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::fix::apply::apply;
use telovix_diagnostic::source::{SourceId, SourceSet};
use telovix_diagnostic::{Certainty, Diagnostic};

/// A file, corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Correction {
    /// The file.
    pub source: String,
    /// What was changed.
    pub changes: Vec<Change>,
    /// Its whole text after the changes.
    pub text: String,
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The code of the finding.
    pub code: String,
    /// File and line.
    pub source: String,
    /// The finding.
    pub message: String,
    /// `meant` or `same-meaning`.
    pub certainty: &'static str,
}

/// Returns the corrected files, by name.
pub(crate) fn of(findings: &[Diagnostic], sources: &SourceSet) -> Vec<Correction> {
    let is_certain =
        |found: &&Diagnostic| found.fix.as_ref().is_some_and(|fix| fix.certainty != Certainty::Guess);
    let applied = apply(sources, findings.iter().filter(is_certain));
    let mut changes: BTreeMap<SourceId, Vec<Change>> = BTreeMap::new();
    for found in applied.fixed {
        let Some(fix) = &found.fix else { continue };
        let files: BTreeSet<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
        for file in files {
            changes.entry(file).or_default().push(Change {
                code: found.code.id.to_owned(),
                source: found.span.map_or_else(String::new, |span| sources.locate(span)),
                message: found.message.clone(),
                certainty: fix.certainty.name(),
            });
        }
    }
    let corrected = applied.texts.into_iter().filter_map(|(id, text)| {
        let source = sources.get(id)?.name().to_owned();
        Some(Correction { source, changes: changes.remove(&id).unwrap_or_default(), text })
    });
    corrected.collect()
}
