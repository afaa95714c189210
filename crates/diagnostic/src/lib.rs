//! What the compiler has to say about a policy: data with a code, a span and a way out.

#![forbid(unsafe_code)]

mod code;
mod page;
mod plain;
mod sink;
pub mod source;

pub use code::{Code, Example};
pub use sink::{Level, Levels, Sink};

use crate::source::Span;

/// How much a finding matters. The order is that of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never changes an exit code.
    Note,
    /// Probably not what was meant; artifacts are still written.
    Warning,
    /// No artifact can be written that means what the source says.
    Error,
}

impl Severity {
    /// Returns the word users see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding: what is wrong, where, and how to mend it.
///
/// Messages start in lower case, carry no final full stop and put user text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable identity of the finding.
    pub code: &'static Code,
    /// The weight, after the levels of the run were applied.
    pub severity: Severity,
    /// One sentence: what was found and what was expected.
    pub message: String,
    /// The place the finding is about. Absent only when a finding concerns the whole run.
    pub span: Option<Span>,
    /// What the caret says; empty when the message says it all.
    pub label: String,
    /// Other places that explain the finding.
    pub related: Vec<Label>,
    /// What to do, one sentence each.
    pub help: Vec<String>,
    /// A mechanical repair, where there is exactly one.
    pub fix: Option<Fix>,
}

/// A secondary place with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What it has to do with the finding.
    pub text: String,
}

/// A replacement of source text that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
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
        }
    }

    /// Says something at the caret.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Offers a mechanical repair.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}
