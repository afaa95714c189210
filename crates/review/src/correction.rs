//! Findings with fixes -> the corrected text of each document file, and what a person has to decide.
//!
//! Fixes are applied that keep the meaning, or that are what was certainly meant. Of two fixes that overlap, the first
//! one is applied and the other is left to a person.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Certainty, Diagnostic, Edit, Fix};

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
    let mut files: BTreeMap<_, (Vec<Change>, Vec<&Edit>)> = BTreeMap::new();
    let certain = findings.iter().filter_map(|found| {
        let fix = found.fix.as_ref().filter(|fix| fix.certainty != Certainty::Guess)?;
        Some((found, fix))
    });
    for (found, fix) in certain {
        let Some(source) = of_one_source(fix) else { continue };
        let (changes, edits) = files.entry(source).or_default();
        let overlaps = |edit: &&Edit| {
            edits.iter().any(|other| {
                edit.span.start < other.span.end && other.span.start < edit.span.end
                    || edit.span == other.span
            })
        };
        if fix.edits.iter().any(|edit| overlaps(&edit)) {
            continue;
        }
        edits.extend(&fix.edits);
        changes.push(Change {
            code: found.code.id.to_owned(),
            source: found.span.map_or_else(String::new, |span| sources.locate(span)),
            message: found.message.clone(),
            certainty: fix.certainty.name(),
        });
    }
    let corrected = files.into_iter().filter_map(|(id, (changes, edits))| {
        let source = sources.get(id)?;
        Some(Correction { source: source.name().to_owned(), changes, text: applied(source.text(), edits)? })
    });
    corrected.collect()
}

/// Returns the source that all edits of a fix are in.
fn of_one_source(fix: &Fix) -> Option<telovix_diagnostic::source::SourceId> {
    let source = fix.edits.first()?.span.source;
    fix.edits.iter().all(|edit| edit.span.source == source).then_some(source)
}

/// Returns a text after edits that do not overlap; nothing when one of them is outside of it.
fn applied(text: &str, mut edits: Vec<&Edit>) -> Option<String> {
    edits.sort_by_key(|edit| edit.span);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        out.push_str(text.get(at..start)?);
        out.push_str(&edit.replacement);
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
