//! A mapping of kind `TracingPolicy` -> a Tetragon policy, kept unchanged.

mod actions;
pub(super) mod read;

use std::sync::Arc;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::Waiver;
use telovix_syntax::Node;

pub use actions::{Action, Actions};

/// A TracingPolicy that is checked and passed through.
#[derive(Debug, Clone, PartialEq)]
pub struct TracingPolicyDocument {
    /// The bytes of the whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// What it does to processes.
    pub actions: Actions,
    /// Weakenings the author accepts, from annotations called `telovix.io/waive-CODE`.
    pub waive: Arc<[Waiver]>,
    /// The document as a tree; the Tetragon crate reads it into its model.
    pub node: Node<'static>,
}
