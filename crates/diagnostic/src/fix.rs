//! Edits of source text that fix a finding.

use super::source::Span;

/// An edit that fixes a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace: at least one edit, in the order of their spans, which do not overlap.
    pub edits: Vec<Edit>,
    /// How sure it is that the author wants it.
    pub certainty: Certainty,
}

/// A replacement of source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// How sure it is that the author of a document wants a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// One of several possible meanings, or a change of what is enforced: somebody must look at it.
    Guess,
    /// The document does not compile, or does not do what it says, and this is what was meant.
    Meant,
    /// The policy before and after enforces the same.
    SameMeaning,
}

impl Fix {
    /// Returns a fix of one edit.
    pub fn new(certainty: Certainty, span: Span, replacement: impl Into<String>) -> Self {
        Self { edits: vec![Edit { span, replacement: replacement.into() }], certainty }
    }

    /// Adds an edit, in its place among the others.
    #[must_use]
    pub fn and(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit { span, replacement: replacement.into() });
        self.edits.sort_by_key(|edit| edit.span);
        self
    }
}

impl Certainty {
    /// Returns the name that JSON output has.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Meant => "meant",
            Self::SameMeaning => "same-meaning",
        }
    }
}
