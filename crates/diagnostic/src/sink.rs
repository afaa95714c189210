//! Collects findings, applies the levels of the run, and decides whether artifacts may be written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{About, Diagnostic, Severity, Suppression};

/// The level of a code in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Do not report. Refused for codes that are errors by default.
    Off,
    /// Report with this severity.
    Report(Severity),
}

/// Levels by code id, from `telovix.yaml` and the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    by_code: BTreeMap<String, Level>,
}

impl Levels {
    /// Sets the level of a code.
    pub fn set(&mut self, code: impl Into<String>, level: Level) {
        self.by_code.insert(code.into(), level);
    }

    /// Returns each code for which a level was set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Level)> {
        self.by_code.iter().map(|(code, level)| (code.as_str(), *level))
    }
}

/// Where passes put their findings.
#[derive(Debug, Default)]
pub struct Sink {
    levels: Levels,
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    suppressions: Arc<[Suppression]>,
    /// The suppressions that accepted a finding, by index.
    used: BTreeSet<usize>,
}

impl Sink {
    /// Returns an empty sink that applies `levels`.
    #[must_use]
    pub fn new(levels: Levels) -> Self {
        Self { levels, ..Self::default() }
    }

    /// Accepts findings at some places, those that were reported already and those to come.
    pub fn suppress(&mut self, suppressions: Vec<Suppression>) {
        self.suppressions = suppressions.into();
        for finding in std::mem::take(&mut self.diagnostics) {
            if self.is_suppressed(&finding) {
                self.errors -= usize::from(finding.severity == Severity::Error);
            } else {
                self.diagnostics.push(finding);
            }
        }
    }

    /// Returns the suppressions that accepted no finding.
    pub fn unused(&self) -> impl Iterator<Item = &Suppression> {
        let unused = self.suppressions.iter().enumerate().filter(|(index, _)| !self.used.contains(index));
        unused.map(|(_, suppression)| suppression)
    }

    fn is_suppressed(&mut self, finding: &Diagnostic) -> bool {
        let accepts = self.suppressions.iter().position(|suppression| suppression.accepts(finding));
        self.used.extend(accepts);
        accepts.is_some()
    }

    /// Takes a finding. The level of a code that is an error by default cannot be changed: an error means that no
    /// artifact would have the meaning of the source. An error about a place can be lowered, but not ignored.
    pub fn report(&mut self, mut diagnostic: Diagnostic) {
        let level = self.levels.by_code.get(diagnostic.code.id);
        match (diagnostic.code.severity, level) {
            (Severity::Error, Some(Level::Report(severity))) if diagnostic.code.about == About::Place => {
                diagnostic.severity = *severity;
            }
            (Severity::Error, _) | (_, None) => {}
            (_, Some(Level::Off)) => return,
            (_, Some(Level::Report(severity))) => diagnostic.severity = *severity,
        }
        if self.is_suppressed(&diagnostic) {
            return;
        }
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        self.diagnostics.push(diagnostic);
    }

    /// Takes the findings of another sink, which has already applied its levels.
    pub fn append(&mut self, other: Self) {
        self.errors += other.errors;
        self.used.extend(other.used);
        self.diagnostics.extend(other.diagnostics);
    }

    /// Returns an empty sink with the same levels, for a worker.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { levels: self.levels.clone(), suppressions: Arc::clone(&self.suppressions), ..Self::default() }
    }

    /// Returns whether an error was reported.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Returns how many findings were reported so far, of any severity.
    #[must_use]
    pub fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// Returns how many errors were reported so far; if it is unchanged after a document
    /// was read, the document has none.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// Returns the findings in the order in which they were reported.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Returns the findings by place, then severity, then code, so that the order is the same on any machine.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        diagnostics.sort_by(|left, right| {
            let key = |diagnostic: &Diagnostic| {
                (diagnostic.span, std::cmp::Reverse(diagnostic.severity), diagnostic.code.id)
            };
            key(left).cmp(&key(right)).then_with(|| left.message.cmp(&right.message))
        });
        diagnostics.dedup_by(|left, right| {
            left.code == right.code && left.span == right.span && left.message == right.message
        });
        diagnostics
    }
}
