//! Findings and the sources they point into.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Severity};

use crate::known::Known;

/// The findings about the sources of a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// The sources that spans belong to.
    pub sources: SourceSet,
    /// The prefix that turns the name of a source into a path relative to the current folder.
    pub shown_below: String,
    /// The findings, in the order to print.
    pub diagnostics: Vec<Diagnostic>,
    /// The findings that the baseline accepts, in the same order.
    pub known: Vec<Known>,
}

impl Findings {
    /// Joins findings with their sources; edits of entries in their fixes become replacements of text.
    #[must_use]
    pub fn new(sources: SourceSet, shown_below: String, mut diagnostics: Vec<Diagnostic>) -> Self {
        for finding in &mut diagnostics {
            finding.fix = finding.fix.take().and_then(|fix| fix.resolve(&sources));
        }
        Self { sources, shown_below, diagnostics, known: Vec::new() }
    }

    /// Returns whether a finding is an error, which prevents artifacts from being written.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}
