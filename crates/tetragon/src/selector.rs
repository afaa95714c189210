//! Selectors of the engine's document: filters that are AND-ed, and the actions when all of them match.
//!
//! Source: `KProbeSelector` of `pkg/k8s/apis/cilium.io/v1alpha1/tracing_policy_types.go`.

use telovix_diagnostic::source::{Span, Spanned};

use super::text::Text;
use super::vocabulary::{ActionKind, BinaryOperator, CapabilitySetKind, Membership, NamespaceKind, Operator};

/// A conjunction of filters, and what happens when all match.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// A name for statistics.
    pub label: Option<Text<'text>>,
    /// Macros to include.
    pub macros: Vec<Text<'text>>,
    /// The executable.
    pub binaries: Vec<BinaryFilter<'text>>,
    /// The parent's executable.
    pub parent_binaries: Vec<BinaryFilter<'text>>,
    /// The process.
    pub pids: Vec<PidFilter>,
    /// The name spaces.
    pub namespaces: Vec<NamespaceFilter<'text>>,
    /// Name spaces that changed since exec.
    pub namespace_changes: Vec<NamespaceChangeFilter<'text>>,
    /// The capabilities.
    pub capabilities: Vec<CapabilityFilter<'text>>,
    /// Capabilities that changed since exec.
    pub capability_changes: Vec<CapabilityFilter<'text>>,
    /// The arguments, AND-ed.
    pub arguments: Vec<ArgumentFilter<'text>>,
    /// The data, AND-ed.
    pub data: Vec<ArgumentFilter<'text>>,
    /// The returned value, AND-ed.
    pub return_arguments: Vec<ArgumentFilter<'text>>,
    /// At most three, in order.
    pub actions: Vec<Action<'text>>,
    /// At most three, in order, on return.
    pub return_actions: Vec<Action<'text>>,
    /// Workloads, where Kubernetes decides.
    pub workloads: Option<Span>,
}

impl Selector<'_> {
    /// Returns the selector that matches everything and does nothing of its own.
    #[must_use]
    pub fn everything(span: Span) -> Self {
        Self {
            span,
            label: None,
            macros: Vec::new(),
            binaries: Vec::new(),
            parent_binaries: Vec::new(),
            pids: Vec::new(),
            namespaces: Vec::new(),
            namespace_changes: Vec::new(),
            capabilities: Vec::new(),
            capability_changes: Vec::new(),
            arguments: Vec::new(),
            data: Vec::new(),
            return_arguments: Vec::new(),
            actions: Vec::new(),
            return_actions: Vec::new(),
            workloads: None,
        }
    }

    /// Tells whether no filter stands in it, so that nothing after it is consulted.
    #[must_use]
    pub fn matches_everything(&self) -> bool {
        self.macros.is_empty()
            && self.binaries.is_empty()
            && self.parent_binaries.is_empty()
            && self.pids.is_empty()
            && self.namespaces.is_empty()
            && self.namespace_changes.is_empty()
            && self.capabilities.is_empty()
            && self.capability_changes.is_empty()
            && self.arguments.is_empty()
            && self.data.is_empty()
            && self.workloads.is_none()
    }
}

/// A filter on an executable.
#[derive(Debug, Clone, PartialEq)]
pub struct BinaryFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// How paths are compared.
    pub operator: Spanned<BinaryOperator>,
    /// The paths.
    pub values: Vec<Text<'text>>,
    /// Whether descendants are meant too.
    pub follow_children: bool,
}

/// A filter on process ids.
#[derive(Debug, Clone, PartialEq)]
pub struct PidFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// The ids.
    pub values: Vec<Spanned<u32>>,
    /// Whether the ids are those of the pid name space.
    pub is_namespace_pid: bool,
    /// Whether descendants are meant too.
    pub follow_forks: bool,
}

/// A filter on one name space.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The name space.
    pub namespace: Spanned<NamespaceKind>,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Inode numbers, or `host_ns`.
    pub values: Vec<Text<'text>>,
}

/// A filter on name spaces that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceChangeFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Names of name spaces.
    pub values: Vec<Text<'text>>,
}

/// A filter on capabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The capability set.
    pub set: CapabilitySetKind,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Whether only processes outside the host's user name space are meant.
    pub is_namespace_capability: bool,
    /// Names of capabilities.
    pub values: Vec<Text<'text>>,
}

/// A filter on an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The position in the prototype; 0 when absent.
    pub index: Option<Spanned<u32>>,
    /// Positions in the list of declared arguments; wins over `index`.
    pub positions: Vec<Spanned<u32>>,
    /// How it is compared.
    pub operator: Spanned<Operator>,
    /// What it is compared with, always text.
    pub values: Vec<Text<'text>>,
}

/// What a selector does.
#[derive(Debug, Clone, PartialEq)]
pub struct Action<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The word.
    pub kind: Spanned<ActionKind>,
    /// The value that `Override` returns.
    pub error: Option<Spanned<i32>>,
    /// The signal that `Signal` sends.
    pub signal: Option<Spanned<u32>>,
    /// How often `Post` reports.
    pub rate_limit: Option<Text<'text>>,
    /// What the rate is counted by.
    pub rate_limit_scope: Option<Text<'text>>,
    /// Whether a stack trace was asked for.
    pub stack_trace: Option<Span>,
    /// Whether the digest of the file was asked for.
    pub ima_hash: bool,
    /// The other fields that were written, by name.
    pub others: Vec<Spanned<&'static str>>,
}

impl Action<'_> {
    /// Returns an action without fields.
    #[must_use]
    pub fn plain(kind: ActionKind, span: Span) -> Self {
        Self {
            span,
            kind: Spanned::new(kind, span),
            error: None,
            signal: None,
            rate_limit: None,
            rate_limit_scope: None,
            stack_trace: None,
            ima_hash: false,
            others: Vec::new(),
        }
    }
}
