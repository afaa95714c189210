//! Findings about a policy as data: code, severity, message, spans, help and fix.

#![forbid(unsafe_code)]

mod code;
mod fix;
#[cfg(feature = "miette")]
pub mod miette;
mod page;
mod plain;
mod sink;
pub mod source;
mod suppression;
mod treatment;

pub use code::{About, Code, Example};
pub use fix::{Certainty, Edit, Fix};
pub use sink::{Level, Levels, Sink};
pub use suppression::Suppression;
pub use treatment::Treatment;

use crate::source::Span;

/// The severity of a finding, from least to most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Information; never changes an exit code.
    Note,
    /// Probably not what was meant; artifacts are still written.
    Warning,
    /// No artifact can have the meaning of the source, so none is written.
    Error,
}

impl Severity {
    /// Returns the name in messages and settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding: what is wrong, where, and how to fix it.
///
/// Messages start in lower case, carry no final full stop and put user text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable identity of the finding.
    pub code: &'static Code,
    /// The severity, after the levels of the run were applied.
    pub severity: Severity,
    /// One sentence: what was found and what was expected.
    pub message: String,
    /// The place the finding is about. Absent only when a finding concerns the whole run.
    pub span: Option<Span>,
    /// The label of the span; empty when the message is enough.
    pub label: String,
    /// Other places that explain the finding.
    pub related: Vec<Label>,
    /// What to do, one sentence each.
    pub help: Vec<String>,
    /// The edit that fixes the finding, if there is exactly one.
    pub fix: Option<Fix>,
    /// What Tetragon does with a TracingPolicy that has the finding.
    pub tetragon: Treatment,
}

/// Another place with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// How it relates to the finding.
    pub text: String,
}

impl Diagnostic {
    /// Starts a finding at `span` with the severity its code has by default.
    pub fn new(code: &'static Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            span: span.into(),
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
            fix: None,
            tetragon: code.tetragon,
        }
    }

    /// Sets the label of the span.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Adds a label at another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Adds a help message.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Sets a fix that replaces one span by what the author probably meant.
    #[must_use]
    pub fn fix(self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix_by(Fix::new(Certainty::Guess, span, replacement))
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Sets what Tetragon does, where one finding of a code differs from the others.
    #[must_use]
    pub fn tetragon(mut self, treatment: Treatment) -> Self {
        self.tetragon = treatment;
        self
    }
}
