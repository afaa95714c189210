//! A mapping of kind `TracingPolicy` -> a Tetragon policy, kept unchanged.

mod actions;
pub(super) mod read;

use std::sync::Arc;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::Waiver;
use telovix_syntax::Node;

pub use actions::{Action, Actions};

/// Where a TracingPolicy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyPlace {
    /// A document of its own.
    Document,
    /// The field of a rule.
    Field,
    /// An item of a Kubernetes `List`.
    Item,
}

/// A TracingPolicy that is checked and passed through.
#[derive(Debug, Clone, PartialEq)]
pub struct TracingPolicyDocument {
    /// The bytes of the whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// The namespace of a `TracingPolicyNamespaced`; Tetragon tells policies apart by it as well.
    pub namespace: Option<String>,
    /// Where it is written.
    pub place: PolicyPlace,
    /// What it does to processes.
    pub actions: Actions,
    /// Weakenings the author accepts, from annotations called `telovix.io/waive-CODE`.
    pub waive: Arc<[Waiver]>,
    /// The ids of the controls it is evidence for, from the annotation `telovix.io/compliance-tags`.
    pub compliance_tags: Vec<Spanned<String>>,
    /// The document as a tree; the Tetragon crate reads it into its model.
    pub node: Node<'static>,
}
