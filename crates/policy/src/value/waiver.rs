//! A weakening that the author of a document accepts.

use telovix_diagnostic::source::{Span, Spanned};

/// Accepts one weakening of the document that contains it, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The bytes of the entry.
    pub span: Span,
    /// The code of the weakening.
    pub name: Spanned<String>,
    /// Why; never empty.
    pub reason: Spanned<String>,
}
