//! A Tetragon policy as typed values with their source spans.
//!
//! Source: `pkg/k8s/apis/cilium.io/v1alpha1/tracing_policy_types.go`.

use std::sync::Arc;

use telovix_diagnostic::source::{Span, Spanned};

use super::argument_type::ArgumentType;
use super::selector::{ArgumentFilter, Selector};
use super::text::Text;
use super::vocabulary::vocabulary;

/// A Tetragon policy.
#[derive(Debug, Clone, PartialEq)]
pub struct TracingPolicy<'text> {
    /// The bytes of the whole document.
    pub span: Span,
    /// `apiVersion`, which Tetragon ignores.
    pub api_version: Option<Text<'text>>,
    /// `kind`.
    pub kind: PolicyKind,
    /// `metadata`.
    pub metadata: Metadata<'text>,
    /// `spec`.
    pub spec: Spec<'text>,
}

/// Which processes a policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// `TracingPolicy`: every process.
    Cluster,
    /// `TracingPolicyNamespaced`: the pods of one Kubernetes namespace.
    Namespaced,
}

impl PolicyKind {
    /// Returns the value of `kind`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "TracingPolicy",
            Self::Namespaced => "TracingPolicyNamespaced",
        }
    }
}

/// The policy's name, namespace, labels and annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata<'text> {
    /// The bytes of the mapping.
    pub span: Span,
    /// An RFC 1123 subdomain.
    pub name: Text<'text>,
    /// Present exactly in a namespaced policy.
    pub namespace: Option<Text<'text>>,
    /// Kubernetes labels.
    pub labels: Vec<(Text<'text>, Text<'text>)>,
    /// Kubernetes annotations.
    pub annotations: Vec<(Text<'text>, Text<'text>)>,
}

vocabulary! {
    /// The sections of a spec that contain hooks; a policy may use one of them.
    Section {
        Kprobes = "kprobes",
        Fentries = "fentries",
        Tracepoints = "tracepoints",
        LsmHooks = "lsmhooks",
        Uprobes = "uprobes",
        Usdts = "usdts",
    }
}

/// The `spec` of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec<'text> {
    /// The bytes of the mapping.
    pub span: Span,
    /// The hooks of every section, in the order of [`Section`] and of the document.
    pub hooks: Vec<Hook<'text>>,
    /// Whether binary loads are reported.
    pub loader: Option<Spanned<bool>>,
    /// Named lists of functions.
    pub lists: Vec<NamedList<'text>>,
    /// Enforcers; at most one.
    pub enforcers: Vec<Enforcer<'text>>,
    /// Options by name; Tetragon ignores unknown names.
    pub options: Vec<PolicyOption<'text>>,
    /// Selectors that others include by name.
    pub macros: Vec<(Text<'text>, Selector<'text>)>,
    /// Workload selectors, evaluated by Kubernetes.
    pub workloads: Vec<LabelSelector>,
}

/// A Kubernetes label selector and its key.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSelector {
    /// `podSelector`, `containerSelector`, `hostSelector` or `nodeSelector`.
    pub key: Spanned<&'static str>,
    /// Whether it is `{}`, which selects everything.
    pub is_empty: bool,
}

/// A list that hooks and enforcers refer to as `list:NAME`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedList<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The name.
    pub name: Text<'text>,
    /// `syscalls`, `generated_syscalls` or `generated_ftrace`.
    pub kind: Option<Text<'text>>,
    /// The functions.
    pub values: Vec<Text<'text>>,
    /// A regular expression over functions, for generated lists.
    pub pattern: Option<Text<'text>>,
    /// Whether Tetragon skips its check of the list.
    pub validated: Option<Spanned<bool>>,
}

impl NamedList<'_> {
    /// Returns whether it is a list of system calls, written or generated.
    #[must_use]
    pub fn lists_syscalls(&self) -> bool {
        self.kind
            .as_ref()
            .is_some_and(|kind| matches!(kind.value.as_ref(), "syscalls" | "generated_syscalls"))
    }
}

/// Functions that `NotifyEnforcer` acts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Enforcer<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// Symbols or lists.
    pub calls: Vec<Text<'text>>,
}

/// A named option.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyOption<'text> {
    /// The name.
    pub name: Text<'text>,
    /// The value, always a string.
    pub value: Text<'text>,
}

/// One hook with its selectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// Where it is attached.
    pub point: HookPoint<'text>,
    /// The arguments that are read.
    pub arguments: Vec<Argument<'text>>,
    /// Values that are read from other sources than arguments.
    pub data: Vec<Argument<'text>>,
    /// Whether the return is hooked as well.
    pub returns: bool,
    /// The returned value.
    pub return_argument: Option<Argument<'text>>,
    /// `TrackSock` or `UntrackSock` on the returned value.
    pub return_action: Option<Text<'text>>,
    /// OR-ed; the first that matches acts. Hooks with the same selectors share them.
    pub selectors: Vec<Arc<Selector<'text>>>,
    /// Message of the event.
    pub message: Option<Text<'text>>,
    /// Tags for the event.
    pub tags: Vec<Text<'text>>,
    /// Whether a function missing in the kernel is skipped instead of rejected.
    pub ignore_missing: bool,
}

/// Where a hook is attached.
#[derive(Debug, Clone, PartialEq)]
pub enum HookPoint<'text> {
    /// A kernel function, or a system call.
    Kprobe {
        /// The function, or `list:NAME`.
        call: Text<'text>,
        /// Whether the name is a system call.
        syscall: SyscallFlag,
    },
    /// A kernel function, by its BPF trampoline.
    Fentry {
        /// The function, or `list:NAME`.
        call: Text<'text>,
        /// Whether the name is a system call.
        syscall: SyscallFlag,
    },
    /// A tracepoint.
    Tracepoint {
        /// The subsystem.
        subsystem: Text<'text>,
        /// The event.
        event: Text<'text>,
        /// Whether the raw arguments are read.
        raw: bool,
    },
    /// An LSM hook.
    Lsm {
        /// Its name, without `bpf_lsm_`.
        hook: Text<'text>,
    },
    /// A function of a user-space program.
    Uprobe {
        /// The program or library.
        path: Text<'text>,
        /// Function names.
        symbols: Vec<Text<'text>>,
        /// How many of `symbols`, `offsets` and `addrs` were written.
        places: usize,
    },
    /// A static probe (USDT) of a user-space program.
    Usdt {
        /// The program or library.
        path: Text<'text>,
        /// The provider.
        provider: Text<'text>,
        /// The probe.
        name: Text<'text>,
    },
}

/// The `syscall` key of a kprobe: whether `call` is a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyscallFlag {
    /// Missing: Tetragon treats it as `true`.
    Absent,
    /// `syscall: true`.
    Syscall,
    /// `syscall: false`.
    Function,
}

impl<'text> Hook<'text> {
    /// Returns the declared argument that a filter refers to: `args` is a position in the list of declared
    /// arguments, `index` a position in the prototype; the first declaration of it wins. For a tracepoint, `index` is
    /// the field of an argument, or else a position in the list.
    pub fn argument_of(&self, filter: &ArgumentFilter<'_>) -> Option<&Argument<'text>> {
        if let Some(position) = filter.positions.first() {
            return self.arguments.get(position.value as usize);
        }
        let mut index = filter.index.map_or(0, |index| index.value);
        if !matches!(self.point, HookPoint::Tracepoint { .. }) {
            return self.arguments.iter().find(|argument| argument.index.value == index);
        }
        // Tetragon replaces a field's index by the position of its argument, for one argument after the other.
        for (position, argument) in (0..).zip(&self.arguments) {
            if argument.index.value == index {
                index = position;
            }
        }
        self.arguments.get(index as usize)
    }

    /// Returns the data that a filter refers to: both `args` and `index` are positions in the list of data.
    #[must_use]
    pub fn data_of(&self, filter: &ArgumentFilter<'_>) -> Option<&Argument<'text>> {
        let position = filter.positions.first().map(|position| position.value);
        let position = position.unwrap_or_else(|| filter.index.map_or(0, |index| index.value));
        self.data.get(usize::try_from(position).ok()?)
    }
}

impl HookPoint<'_> {
    /// Returns the section that contains the hook.
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
pub struct Argument<'text> {
    /// The bytes of the entry.
    pub span: Span,
    /// The position in the function's prototype, from 0.
    pub index: Spanned<u32>,
    /// The type.
    pub kind: Spanned<ArgumentType>,
    /// A path of fields from the argument to the value.
    pub resolve: Option<Text<'text>>,
    /// The position of the size, from 1.
    pub size_index: Option<Spanned<u32>>,
    /// Whether a buffer is read at the return.
    pub return_copy: bool,
    /// Whether long buffers are read.
    pub max_data: bool,
    /// A name for the event.
    pub label: Option<Text<'text>>,
    /// `current_task` or `pt_regs`, for data.
    pub source: Option<Text<'text>>,
    /// The struct to cast to.
    pub btf_type: Option<Text<'text>>,
    /// The module to find the struct in.
    pub btf_type_module: Option<Text<'text>>,
}

impl<'text> Argument<'text> {
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
    pub fn resolve(mut self, path: &'text str) -> Self {
        self.resolve = Some(Spanned::new(path.into(), self.span));
        self
    }
}
