//! Collects findings, applies the levels of the run, and decides whether artifacts may be written.

use std::collections::BTreeMap;

use super::{Diagnostic, Severity};

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
}

impl Sink {
    /// Returns an empty sink that applies `levels`.
    #[must_use]
    pub fn new(levels: Levels) -> Self {
        Self { levels, diagnostics: Vec::new(), errors: 0 }
    }

    /// Takes a finding. The level of a code that is an error by default cannot be changed: an error means that no
    /// artifact would have the meaning of the source.
    pub fn report(&mut self, mut diagnostic: Diagnostic) {
        let level = self.levels.by_code.get(diagnostic.code.id);
        match (diagnostic.code.severity, level) {
            (Severity::Error, _) | (_, None) => {}
            (_, Some(Level::Off)) => return,
            (_, Some(Level::Report(severity))) => diagnostic.severity = *severity,
        }
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        self.diagnostics.push(diagnostic);
    }

    /// Takes the findings of another sink, which has already applied its levels.
    pub fn append(&mut self, other: Self) {
        self.errors += other.errors;
        self.diagnostics.extend(other.diagnostics);
    }

    /// Returns an empty sink with the same levels, for a worker.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::new(self.levels.clone())
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
