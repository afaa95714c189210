//! Findings together with the sources they point into: what every renderer takes.

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_workspace::{Findings, Input, sources};

use crate::exit::Exit;

/// The findings of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The sources the spans belong to.
    pub(crate) sources: SourceSet,
    /// What to put before a source's name, which counts from the root of the policy repository, to get
    /// a path that can be opened from the current folder.
    pub(crate) shown_below: String,
    /// The findings, in the order to print.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// How many findings there are of each weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Summary {
    /// Findings that stop artifacts from being written.
    pub(crate) errors: usize,
    /// Findings that are probably not what was meant.
    pub(crate) warnings: usize,
    /// Findings worth knowing.
    pub(crate) notes: usize,
}

impl From<Findings> for Report {
    fn from(findings: Findings) -> Self {
        let Findings { sources, shown_below, diagnostics } = findings;
        Self { sources, shown_below, diagnostics }
    }
}

impl Report {
    /// Joins what could not be read with findings about what was.
    pub(crate) fn of(input: Input, findings: Vec<Diagnostic>) -> Self {
        input.into_findings(findings).into()
    }

    /// Joins findings that point nowhere.
    pub(crate) fn without_sources(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::default() }
    }

    /// Keeps the errors: why a verb that finds no lints could not go on.
    pub(crate) fn errors_only(mut self) -> Self {
        self.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        self
    }

    /// Returns the path of the source a span lies in, as it can be opened from here.
    pub(crate) fn path(&self, span: Span) -> String {
        format!("{}{}", self.shown_below, self.sources.name(span))
    }

    /// Counts the findings.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for diagnostic in &self.diagnostics {
            match diagnostic.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Note => summary.notes += 1,
            }
        }
        summary
    }

    /// Returns the exit code of a run that stopped at errors: text that cannot be read as a document means
    /// that the command could not run; everything else is a finding.
    pub(crate) fn exit_of_errors(&self) -> Exit {
        let cannot_run = |diagnostic: &Diagnostic| {
            let unreadable = [telovix_syntax::UNPARSABLE, sources::CODES].concat().contains(&diagnostic.code);
            diagnostic.severity == Severity::Error && unreadable
        };
        if self.diagnostics.iter().any(cannot_run) {
            Exit::CannotRun
        } else if self.summary().errors > 0 {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }

    /// Returns the exit code of a run that was asked for findings: warnings count, notes do not.
    pub(crate) fn exit_of_findings(&self) -> Exit {
        match self.exit_of_errors() {
            Exit::Clean if self.summary().warnings > 0 => Exit::Findings,
            exit => exit,
        }
    }
}
