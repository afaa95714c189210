//! What one confinement needs of Tetragon's hooks, before subjects, exemptions and limits.

use std::borrow::Cow;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::Effect;
use telovix_tetragon::{Argument, ArgumentFilter, HookPoint, NamedList, SyscallFlag};

/// The files that a unit is split into, in order; each loads or fails independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// LSM hooks.
    Main,
    /// The hook `socket_connect`: a policy with it does not load on some kernels.
    Network,
    /// Kprobes on system calls, which need another section.
    Syscalls,
}

impl Part {
    /// Returns the part of the file name before `.yaml`.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Network => "network",
            Self::Syscalls => "syscalls",
        }
    }
}

/// Hooks, and the events there that get the effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan<'text> {
    /// The file they are written to.
    pub(super) part: Part,
    /// The functions to hook, all in one section.
    pub(super) sites: Vec<Site<'text>>,
    /// What they read.
    pub(super) arguments: Vec<Argument<'text>>,
    /// OR of ANDs: the events that get the effect. An empty conjunction is every event.
    pub(super) alternatives: Vec<Vec<ArgumentFilter<'text>>>,
    /// The effect on these events.
    pub(super) effect: Effect,
    /// The list that a site names.
    pub(super) list: Option<NamedList<'text>>,
    /// The source line.
    pub(super) span: Span,
}

/// A function to hook.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Site<'text> {
    /// The hook point.
    pub(super) point: HookPoint<'text>,
    /// Whether the policy loads on a kernel without the function.
    pub(super) ignore_missing: bool,
}

impl<'text> Site<'text> {
    /// Returns the site of a kernel function or system call.
    pub(super) fn kprobe(call: impl Into<Cow<'text, str>>, syscall: SyscallFlag, span: Span) -> Self {
        let point = HookPoint::Kprobe { call: Spanned::new(call.into(), span), syscall };
        Self { point, ignore_missing: false }
    }

    /// Accepts kernels that do not have the function.
    pub(super) fn where_present(self) -> Self {
        Self { ignore_missing: true, ..self }
    }
}

impl<'text> Plan<'text> {
    /// Plans an LSM hook on which every event gets the effect.
    pub(super) fn lsm(hook: &'text str, effect: Effect, span: Span) -> Self {
        let part = if hook == "socket_connect" { Part::Network } else { Part::Main };
        let point = HookPoint::Lsm { hook: Spanned::new(hook.into(), span) };
        Self::at(part, vec![Site { point, ignore_missing: false }], effect, span)
    }

    /// Plans kprobes on which every event gets the effect.
    pub(super) fn kprobes(sites: Vec<Site<'text>>, effect: Effect, span: Span) -> Self {
        Self::at(Part::Syscalls, sites, effect, span)
    }

    /// Plans one kprobe for a list of functions, of which kernels may lack some.
    pub(super) fn kprobe_list(
        name: &'static str,
        functions: Vec<&'static str>,
        effect: Effect,
        span: Span,
    ) -> Self {
        let site = Site::kprobe(["list:", name].concat(), SyscallFlag::Function, span).where_present();
        let list = NamedList {
            span,
            name: Spanned::new(name.into(), span),
            kind: None,
            values: functions.into_iter().map(|function| Spanned::new(function.into(), span)).collect(),
            pattern: None,
            validated: None,
        };
        Self { list: Some(list), ..Self::kprobes(vec![site], effect, span) }
    }

    fn at(part: Part, sites: Vec<Site<'text>>, effect: Effect, span: Span) -> Self {
        let alternatives = vec![Vec::new()];
        Self { part, sites, arguments: Vec::new(), alternatives, effect, list: None, span }
    }

    /// Reads these arguments.
    pub(super) fn reading(mut self, arguments: Vec<Argument<'text>>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Restricts the plan to these events.
    pub(super) fn when(mut self, alternatives: Vec<Vec<ArgumentFilter<'text>>>) -> Self {
        self.alternatives = alternatives;
        self
    }
}
