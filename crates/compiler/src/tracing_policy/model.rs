//! The engine's document as typed values that keep their places.
//!
//! Source: `pkg/k8s/apis/cilium.io/v1alpha1/tracing_policy_types.go`.

use super::argument_type::ArgumentType;
use super::selector::Selector;
use super::vocabulary::vocabulary;
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
