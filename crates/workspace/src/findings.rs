//! Findings together with the texts they point into.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Severity};

/// What there is to say about the sources of a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// The sources that spans belong to.
    pub sources: SourceSet,
    /// What to put before the name of a source to open it from the current folder.
    pub shown_below: String,
    /// The findings, in the order to print.
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Returns whether a finding is an error, so that nothing may be made of the sources.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}
