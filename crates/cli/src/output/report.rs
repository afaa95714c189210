//! Findings and the sources they point into: the input of every renderer.

use telovix_compiler::verdict::PolicyVerdict;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_workspace::baseline::Known;
use telovix_workspace::{Compilation, Findings, Input, sources};

use crate::exit::Exit;

/// The findings of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The sources the spans belong to.
    pub(crate) sources: SourceSet,
    /// The prefix that turns the name of a source, which is relative to the repository root, into a path relative to
    /// the current folder.
    pub(crate) shown_below: String,
    /// The findings, in the order to print.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The findings that the baseline accepts, in the same order.
    pub(crate) known: Vec<Known>,
    /// Whether the repository has a baseline.
    pub(crate) has_baseline: bool,
    /// Whether Tetragon accepts each TracingPolicy, where the command asked.
    pub(crate) tracing_policies: Vec<PolicyVerdict>,
}

/// The number of findings of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Summary {
    /// Findings that prevent artifacts from being written.
    pub(crate) errors: usize,
    /// Findings about probable mistakes.
    pub(crate) warnings: usize,
    /// Findings for information.
    pub(crate) notes: usize,
}

impl From<Findings> for Report {
    fn from(findings: Findings) -> Self {
        let Findings { sources, shown_below, diagnostics, known } = findings;
        Self { sources, shown_below, diagnostics, known, ..Self::default() }
    }
}

impl From<Compilation> for Report {
    fn from(compilation: Compilation) -> Self {
        Self { tracing_policies: compilation.tracing_policies, ..compilation.findings.into() }
    }
}

impl Report {
    /// Joins read errors with findings about the sources that were read.
    pub(crate) fn of(input: Input, findings: Vec<Diagnostic>) -> Self {
        input.into_findings(findings).into()
    }

    /// Creates a report from findings without a location.
    pub(crate) fn without_sources(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::default() }
    }

    /// Keeps only the errors, for commands that do not report lints.
    pub(crate) fn errors_only(mut self) -> Self {
        self.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        self
    }

    /// Returns the path of the source of a span, relative to the current folder.
    pub(crate) fn path(&self, span: Span) -> String {
        format!("{}{}", self.shown_below, self.sources.name(span))
    }

    /// Returns how many errors and how many findings in all the baseline accepts.
    pub(crate) fn accepted(&self) -> (usize, usize) {
        let is_error = |known: &&Known| known.finding.severity == Severity::Error;
        (self.known.iter().filter(is_error).count(), self.known.len())
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

    /// Returns the exit code for the errors: unreadable or unparsable text means that the command could not run; all other
    /// errors are findings.
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

    /// Returns the exit code of a command that reports findings: warnings count, notes do not.
    pub(crate) fn exit_of_findings(&self) -> Exit {
        match self.exit_of_errors() {
            Exit::Clean if self.summary().warnings > 0 => Exit::Findings,
            exit => exit,
        }
    }
}
