//! The engine's document as typed values that keep their places.
//!
//! Source: `pkg/k8s/apis/cilium.io/v1alpha1/tracing_policy_types.go`.

use super::argument_type::ArgumentType;
use super::vocabulary::{
    ActionKind, BinaryOperator, CapabilitySetKind, Membership, NamespaceKind, Operator, vocabulary,
};
use crate::source::{Span, Spanned};

/// One document of the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct TracingPolicy {
    /// The bytes of the whole document.
    pub span: Span,
    /// `apiVersion`, which the engine never looks at.
    pub api_version: Option<Spanned<String>>,
    /// `kind`.
    pub kind: PolicyKind,
    /// `metadata`.
    pub metadata: Metadata,
    /// `spec`.
    pub spec: Spec,
}

/// Which processes a document speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// `TracingPolicy`: every process.
    Cluster,
    /// `TracingPolicyNamespaced`: the pods of one Kubernetes namespace.
    Namespaced,
}

impl PolicyKind {
    /// Returns the word after `kind:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "TracingPolicy",
            Self::Namespaced => "TracingPolicyNamespaced",
        }
    }
}

/// Who the document is.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// The bytes of the mapping.
    pub span: Span,
    /// An RFC 1123 subdomain.
    pub name: Spanned<String>,
    /// Present exactly in a namespaced policy.
    pub namespace: Option<Spanned<String>>,
    /// Kubernetes labels.
    pub labels: Vec<(Spanned<String>, Spanned<String>)>,
    /// Kubernetes annotations.
    pub annotations: Vec<(Spanned<String>, Spanned<String>)>,
}

vocabulary! {
    /// The sections of a spec that hold hooks; a policy may fill one.
    Section {
        Kprobes = "kprobes",
        Fentries = "fentries",
        Tracepoints = "tracepoints",
        LsmHooks = "lsmhooks",
        Uprobes = "uprobes",
        Usdts = "usdts",
    }
}

/// What the document asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The bytes of the mapping.
    pub span: Span,
    /// The hooks of every section, in the order of [`Section`] and of the document.
    pub hooks: Vec<Hook>,
    /// Whether binary loads are reported.
    pub loader: Option<Spanned<bool>>,
    /// Named lists of functions.
    pub lists: Vec<NamedList>,
    /// Enforcers; at most one.
    pub enforcers: Vec<Enforcer>,
    /// Options by name; the engine ignores names it does not know.
    pub options: Vec<PolicyOption>,
    /// Selectors that others include by name.
    pub macros: Vec<(Spanned<String>, Selector)>,
    /// Which workloads the policy speaks of, where Kubernetes decides.
    pub workloads: Vec<LabelSelector>,
}

/// A Kubernetes label selector under the key it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSelector {
    /// `podSelector`, `containerSelector`, `hostSelector` or `nodeSelector`.
    pub key: Spanned<&'static str>,
    /// Whether it is `{}`, which selects everything.
    pub is_empty: bool,
}

/// A list that hooks and enforcers refer to as `list:NAME`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedList {
    /// The bytes of the entry.
    pub span: Span,
    /// The name.
    pub name: Spanned<String>,
    /// `syscalls`, `generated_syscalls` or `generated_ftrace`.
    pub kind: Option<Spanned<String>>,
    /// The functions.
    pub values: Vec<Spanned<String>>,
    /// A regular expression over functions, for generated lists.
    pub pattern: Option<Spanned<String>>,
    /// Whether the engine is told to skip its own check of the list.
    pub validated: Option<Spanned<bool>>,
}

/// Functions that `NotifyEnforcer` acts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Enforcer {
    /// The bytes of the entry.
    pub span: Span,
    /// Symbols or lists.
    pub calls: Vec<Spanned<String>>,
}

/// A named option.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyOption {
    /// The name.
    pub name: Spanned<String>,
    /// The value, always text.
    pub value: Spanned<String>,
}

/// One hook with its selectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// The bytes of the entry.
    pub span: Span,
    /// Where it hooks.
    pub point: HookPoint,
    /// The arguments that are read.
    pub arguments: Vec<Argument>,
    /// Values that are read from elsewhere.
    pub data: Vec<Argument>,
    /// Whether the return is hooked as well.
    pub returns: bool,
    /// The returned value.
    pub return_argument: Option<Argument>,
    /// `TrackSock` or `UntrackSock` on the returned value.
    pub return_action: Option<Spanned<String>>,
    /// OR-ed; the first that matches acts.
    pub selectors: Vec<Selector>,
    /// Text for the event.
    pub message: Option<Spanned<String>>,
    /// Tags for the event.
    pub tags: Vec<Spanned<String>>,
    /// Whether a function that the kernel lacks is skipped instead of refused.
    pub ignore_missing: bool,
}

/// Where a hook hooks.
#[derive(Debug, Clone, PartialEq)]
pub enum HookPoint {
    /// A kernel function, or a system call.
    Kprobe {
        /// The function, or `list:NAME`.
        call: Spanned<String>,
        /// Whether the name is a system call.
        syscall: SyscallFlag,
    },
    /// A kernel function, by its BPF trampoline.
    Fentry {
        /// The function, or `list:NAME`.
        call: Spanned<String>,
        /// Whether the name is a system call.
        syscall: SyscallFlag,
    },
    /// A tracepoint.
    Tracepoint {
        /// The subsystem.
        subsystem: Spanned<String>,
        /// The event.
        event: Spanned<String>,
        /// Whether the raw arguments are read.
        raw: bool,
    },
    /// A hook of the security modules.
    Lsm {
        /// Its name, without `bpf_lsm_`.
        hook: Spanned<String>,
    },
    /// A function of a program.
    Uprobe {
        /// The program or library.
        path: Spanned<String>,
        /// Function names.
        symbols: Vec<Spanned<String>>,
        /// How many of `symbols`, `offsets` and `addrs` were written.
        places: usize,
    },
    /// A static probe of a program.
    Usdt {
        /// The program or library.
        path: Spanned<String>,
        /// The provider.
        provider: Spanned<String>,
        /// The probe.
        name: Spanned<String>,
    },
}

/// Whether `call` names a system call, and whether the document says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyscallFlag {
    /// Not written: the engine takes it for `true`.
    Absent,
    /// `syscall: true`.
    Syscall,
    /// `syscall: false`.
    Function,
}

impl HookPoint {
    /// Returns the section that holds the hook.
    #[must_use]
    pub fn section(&self) -> Section {
        match self {
            Self::Kprobe { .. } => Section::Kprobes,
            Self::Fentry { .. } => Section::Fentries,
            Self::Tracepoint { .. } => Section::Tracepoints,
            Self::Lsm { .. } => Section::LsmHooks,
            Self::Uprobe { .. } => Section::Uprobes,
            Self::Usdt { .. } => Section::Usdts,
        }
    }
}

/// A value that a hook reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The bytes of the entry.
    pub span: Span,
    /// The position in the function's prototype, from 0.
    pub index: Spanned<u32>,
    /// The type.
    pub kind: Spanned<ArgumentType>,
    /// A path of fields from the argument to the value.
    pub resolve: Option<Spanned<String>>,
    /// The position of the size, from 1.
    pub size_index: Option<Spanned<u32>>,
    /// Whether a buffer is read at the return.
    pub return_copy: bool,
    /// Whether long buffers are read.
    pub max_data: bool,
    /// A name for the event.
    pub label: Option<Spanned<String>>,
    /// `current_task` or `pt_regs`, for data.
    pub source: Option<Spanned<String>>,
    /// The struct to cast to.
    pub btf_type: Option<Spanned<String>>,
    /// The module to find the struct in.
    pub btf_type_module: Option<Spanned<String>>,
}

impl Argument {
    /// Returns the argument at a position, with a type and nothing else.
    #[must_use]
    pub fn plain(index: u32, kind: ArgumentType, span: Span) -> Self {
        Self {
            span,
            index: Spanned::new(index, span),
            kind: Spanned::new(kind, span),
            resolve: None,
            size_index: None,
            return_copy: false,
            max_data: false,
            label: None,
            source: None,
            btf_type: None,
            btf_type_module: None,
        }
    }

    /// Follows a path of fields.
    #[must_use]
    pub fn resolve(mut self, path: &str) -> Self {
        self.resolve = Some(Spanned::new(path.to_owned(), self.span));
        self
    }
}

/// A conjunction of filters, and what happens when all match.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The bytes of the entry.
    pub span: Span,
    /// A name for statistics.
    pub label: Option<Spanned<String>>,
    /// Macros to include.
    pub macros: Vec<Spanned<String>>,
    /// The executable.
    pub binaries: Vec<BinaryFilter>,
    /// The parent's executable.
    pub parent_binaries: Vec<BinaryFilter>,
    /// The process.
    pub pids: Vec<PidFilter>,
    /// The name spaces.
    pub namespaces: Vec<NamespaceFilter>,
    /// Name spaces that changed since exec.
    pub namespace_changes: Vec<NamespaceChangeFilter>,
    /// The capabilities.
    pub capabilities: Vec<CapabilityFilter>,
    /// Capabilities that changed since exec.
    pub capability_changes: Vec<CapabilityFilter>,
    /// The arguments, AND-ed.
    pub arguments: Vec<ArgumentFilter>,
    /// The data, AND-ed.
    pub data: Vec<ArgumentFilter>,
    /// The returned value, AND-ed.
    pub return_arguments: Vec<ArgumentFilter>,
    /// At most three, in order.
    pub actions: Vec<Action>,
    /// At most three, in order, on return.
    pub return_actions: Vec<Action>,
    /// Workloads, where Kubernetes decides.
    pub workloads: Option<Span>,
}

impl Selector {
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
pub struct BinaryFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// How paths are compared.
    pub operator: Spanned<BinaryOperator>,
    /// The paths.
    pub values: Vec<Spanned<String>>,
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
pub struct NamespaceFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// The name space.
    pub namespace: Spanned<NamespaceKind>,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Inode numbers, or `host_ns`.
    pub values: Vec<Spanned<String>>,
}

/// A filter on name spaces that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceChangeFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Names of name spaces.
    pub values: Vec<Spanned<String>>,
}

/// A filter on capabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// The capability set.
    pub set: CapabilitySetKind,
    /// In or not in.
    pub operator: Spanned<Membership>,
    /// Whether only processes outside the host's user name space are meant.
    pub is_namespace_capability: bool,
    /// Names of capabilities.
    pub values: Vec<Spanned<String>>,
}

/// A filter on an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentFilter {
    /// The bytes of the entry.
    pub span: Span,
    /// The position in the prototype; 0 when absent.
    pub index: Option<Spanned<u32>>,
    /// Positions in the list of declared arguments; wins over `index`.
    pub positions: Vec<Spanned<u32>>,
    /// How it is compared.
    pub operator: Spanned<Operator>,
    /// What it is compared with, always text.
    pub values: Vec<Spanned<String>>,
}

/// What a selector does.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The bytes of the entry.
    pub span: Span,
    /// The word.
    pub kind: Spanned<ActionKind>,
    /// The value that `Override` returns.
    pub error: Option<Spanned<i32>>,
    /// The signal that `Signal` sends.
    pub signal: Option<Spanned<u32>>,
    /// How often `Post` reports.
    pub rate_limit: Option<Spanned<String>>,
    /// What the rate is counted by.
    pub rate_limit_scope: Option<Spanned<String>>,
    /// Whether a stack trace was asked for.
    pub stack_trace: Option<Span>,
    /// Whether the digest of the file was asked for.
    pub ima_hash: bool,
    /// The other fields that were written, by name.
    pub others: Vec<Spanned<&'static str>>,
}

impl Action {
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
