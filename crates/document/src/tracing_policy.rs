//! A mapping of kind `TracingPolicy` -> the engine's own document, kept as it was written.

pub(super) mod read;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_syntax::Node;

/// A TracingPolicy that is checked and passed through.
#[derive(Debug, Clone, PartialEq)]
pub struct TracingPolicyDocument {
    /// The bytes of the whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// The document as a tree; `tracing_policy` reads it into the engine's model.
    pub node: Node<'static>,
}
