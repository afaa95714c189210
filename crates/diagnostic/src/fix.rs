//! Edits of source text that fix a finding.

pub mod apply;
mod entry;

pub use entry::EntryEdit;

use super::source::{SourceSet, Span};

/// An edit that fixes a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace, in the order of their spans, which do not overlap.
    pub edits: Vec<Edit>,
    /// Edits of whole entries, which [`Fix::resolve`] turns into replacements; none in the result of a compile.
    pub entries: Vec<EntryEdit>,
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
        let edits = vec![Edit { span, replacement: replacement.into() }];
        Self { edits, entries: Vec::new(), certainty }
    }

    /// Returns a fix that edits whole entries of lists and mappings.
    #[must_use]
    pub fn entries(certainty: Certainty, entries: Vec<EntryEdit>) -> Self {
        Self { edits: Vec::new(), entries, certainty }
    }

    /// Returns a fix that gives a scalar another value, quoted like the one before.
    #[must_use]
    pub fn value(certainty: Certainty, span: Span, value: impl Into<String>) -> Self {
        Self::entries(certainty, vec![EntryEdit::Value(span, value.into())])
    }

    /// Returns a fix that removes an entry of a list or a mapping, or a comment.
    #[must_use]
    pub fn remove(certainty: Certainty, span: Span) -> Self {
        Self::entries(certainty, vec![EntryEdit::Remove(span)])
    }

    /// Returns a fix that adds entries to a list, after the one at `span`.
    #[must_use]
    pub fn insert_after(certainty: Certainty, span: Span, values: Vec<String>) -> Self {
        Self::entries(certainty, vec![EntryEdit::InsertAfter(span, values)])
    }

    /// Adds an edit, in its place among the others.
    #[must_use]
    pub fn and(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit { span, replacement: replacement.into() });
        self.edits.sort_by_key(|edit| edit.span);
        self
    }

    /// Returns the fix with replacements only. `None` if the text around an entry has a layout in which it cannot be
    /// edited alone.
    #[must_use]
    pub fn resolve(mut self, sources: &SourceSet) -> Option<Self> {
        for entry in std::mem::take(&mut self.entries) {
            let source = sources.get(entry.span().source)?;
            self.edits.push(entry.resolve(source.text())?);
        }
        self.edits.sort_by_key(|edit| edit.span);
        Some(self).filter(|fix| !fix.edits.is_empty())
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
