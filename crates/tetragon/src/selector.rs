//! Selectors of a Tetragon policy: AND-ed filters, and the actions if all of them match.
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
    /// The namespaces.
    pub namespaces: Vec<NamespaceFilter<'text>>,
    /// Namespaces that changed since exec.
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
    /// Workload selector, evaluated by Kubernetes.
    pub workloads: Option<Span>,
}

impl Selector<'_> {
    /// Returns the selector that matches every event and has no actions.
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

    /// Returns whether it has no filters, so that no selector after it is evaluated.
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
    /// Whether descendants match too.
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
    /// Whether the ids are those of the pid namespace.
    pub is_namespace_pid: bool,
    /// Whether descendants match too.
    pub follow_forks: bool,
}

/// A filter on one namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The namespace.
    pub namespace: Spanned<NamespaceKind>,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Inode numbers, or `host_ns`.
    pub values: Vec<Text<'text>>,
}

/// A filter on namespaces that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceChangeFilter<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Names of namespaces.
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
    /// Whether only processes outside the host's user namespace match.
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
    /// Values it is compared with, always strings.
    pub values: Vec<Text<'text>>,
}

/// An action of a selector.
#[derive(Debug, Clone, PartialEq)]
pub struct Action<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The action's name.
    pub kind: Spanned<ActionKind>,
    /// The value that `Override` returns.
    pub error: Option<Spanned<i32>>,
    /// The signal that `Signal` sends.
    pub signal: Option<Spanned<u32>>,
    /// How often `Post` reports.
    pub rate_limit: Option<Text<'text>>,
    /// Scope of the rate limit: thread, process or global.
    pub rate_limit_scope: Option<Text<'text>>,
    /// The key that requests a stack trace.
    pub stack_trace: Option<Span>,
    /// Whether the digest of the file is requested.
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
