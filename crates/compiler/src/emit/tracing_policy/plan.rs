//! What one confinement asks of the engine's hooks, before subjects, exemptions and limits.

use crate::confine::Effect;
use crate::source::Span;
use crate::tracing_policy::{Argument, ArgumentFilter, HookPoint, SyscallFlag};

/// The documents a unit is split into; each loads, or fails, on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// LSM hooks.
    Main,
    /// The hook `socket_connect`, which keeps a whole policy from loading on some kernels.
    Network,
    /// Kprobes on system calls, which are another section.
    Syscalls,
}

impl Part {
    /// Every part, in the order of files.
    pub(super) const ALL: [Self; 3] = [Self::Main, Self::Network, Self::Syscalls];

    /// Returns what stands between the file's name and `.yaml`.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Network => "network",
            Self::Syscalls => "syscalls",
        }
    }
}

/// A hook and the events there that get the effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// The document it goes to.
    pub(super) part: Part,
    /// Where it hooks.
    pub(super) point: HookPoint,
    /// What it reads.
    pub(super) arguments: Vec<Argument>,
    /// OR of ANDs: the events that get the effect. An empty conjunction is every event.
    pub(super) alternatives: Vec<Vec<ArgumentFilter>>,
    /// What happens to them.
    pub(super) effect: Effect,
    /// The functions, where `point` names a list of them.
    pub(super) functions: Vec<String>,
    /// Whether a kernel without the function is fine.
    pub(super) ignore_missing: bool,
    /// The line that asks for it.
    pub(super) span: Span,
}

impl Plan {
    /// Plans an LSM hook on which every event gets the effect.
    pub(super) fn lsm(hook: &str, effect: Effect, span: Span) -> Self {
        let part = if hook == "socket_connect" { Part::Network } else { Part::Main };
        let point = HookPoint::Lsm { hook: crate::source::Spanned::new(hook.to_owned(), span) };
        Self {
            part,
            point,
            arguments: Vec::new(),
            alternatives: vec![Vec::new()],
            effect,
            functions: Vec::new(),
            ignore_missing: false,
            span,
        }
    }

    /// Plans a kprobe on which every event gets the effect.
    pub(super) fn kprobe(call: String, syscall: SyscallFlag, effect: Effect, span: Span) -> Self {
        let point = HookPoint::Kprobe { call: crate::source::Spanned::new(call, span), syscall };
        Self {
            part: Part::Syscalls,
            point,
            arguments: Vec::new(),
            alternatives: vec![Vec::new()],
            effect,
            functions: Vec::new(),
            ignore_missing: false,
            span,
        }
    }

    /// Plans one kprobe for several functions, of which kernels may lack some.
    pub(super) fn kprobes(list: &str, functions: Vec<String>, effect: Effect, span: Span) -> Self {
        let plan = Self::kprobe(format!("list:{list}"), SyscallFlag::Function, effect, span).where_present();
        Self { functions, ..plan }
    }

    /// Reads these arguments.
    pub(super) fn reading(mut self, arguments: Vec<Argument>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Speaks of these events only.
    pub(super) fn when(mut self, alternatives: Vec<Vec<ArgumentFilter>>) -> Self {
        self.alternatives = alternatives;
        self
    }

    /// Accepts kernels that do not have the function.
    pub(super) fn where_present(mut self) -> Self {
        self.ignore_missing = true;
        self
    }
}
