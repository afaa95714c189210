//! Confinements -> groups of selectors at Tetragon's hooks, with the actions of their effects.

use std::sync::Arc;

use telovix_diagnostic::source::Spanned;
use telovix_policy::confine::{Confinement, Dimension, DocumentKind, Effect};
use telovix_tetragon::{Action, ActionKind, BinaryFilter, NamedList, Selector};

use super::consequence::Direction;
use super::filter::Refusal;
use super::group::Group;
use super::plan::{Part, Plan};
use super::{Options, operation, subject};

/// Signal 9.
const SIGKILL: u32 = 9;

/// What the confinements of a unit add to its documents.
#[derive(Debug, Default)]
pub(super) struct Assembly<'text> {
    /// The selectors, in order of confinements.
    pub(super) groups: Vec<Group<'text>>,
    /// Lists that the hooks on system calls refer to.
    pub(super) lists: Vec<NamedList<'text>>,
}

impl<'text> Assembly<'text> {
    /// Adds the selectors of one confinement.
    pub(super) fn add(&mut self, confinement: &'text Confinement, options: &Options) -> Result<(), Refusal> {
        if is_without_policy(confinement) {
            return Ok(());
        }
        let binary = subject::binary_filter(confinement)?;
        let exempting = subject::exempting_selectors(confinement, options)?;
        for mut plan in operation::plan(confinement, &options.kernels)? {
            self.lists.extend(plan.list.take());
            group(plan, confinement, binary.as_ref(), exempting.clone(), options).join(&mut self.groups);
        }
        Ok(())
    }
}

/// Returns whether no Tetragon policy is written for a confinement: one that closes the name space, which is reported as
/// open, and one whose exemptions cover its whole subject.
pub(super) fn is_without_policy(confinement: &Confinement) -> bool {
    confinement.dimension == Dimension::NameSpace || subject::is_void(confinement)
}

/// Returns the selectors of a plan.
pub(super) fn group<'text>(
    plan: Plan<'text>,
    confinement: &'text Confinement,
    binary: Option<&BinaryFilter<'text>>,
    exempting: Vec<Arc<Selector<'text>>>,
    options: &Options,
) -> Group<'text> {
    let actions = actions(&plan, confinement.document.kind, options);
    let Plan { part, sites, arguments, alternatives, span, .. } = plan;
    let selectors = alternatives.into_iter().map(|filters| {
        let mut selector = Selector::everything(span);
        selector.binaries.extend(binary.cloned());
        selector.arguments = filters;
        selector.actions.clone_from(&actions);
        Arc::new(selector)
    });
    Group {
        part,
        sites,
        confinements: vec![confinement],
        arguments,
        exempting,
        selectors: selectors.collect(),
        actions,
        direction: Direction::of(confinement.listing),
        span,
    }
}

/// A kill is `Sigkill` in profiles, and `Signal` with `argSig: 9` in rules and guards, as in the product.
fn actions(plan: &Plan<'_>, kind: DocumentKind, options: &Options) -> Vec<Action<'static>> {
    let kill = || match kind {
        DocumentKind::GuardianProfile => Action::plain(ActionKind::Sigkill, plan.span),
        DocumentKind::EnforcementRule | DocumentKind::RuntimeGuard | DocumentKind::TracingPolicy => {
            let mut signal = Action::plain(ActionKind::Signal, plan.span);
            signal.signal = Some(Spanned::new(SIGKILL, plan.span));
            signal
        }
    };
    let is_lsm = plan.part != Part::Syscalls;
    match plan.effect {
        Effect::Allow => vec![Action::plain(ActionKind::NoPost, plan.span)],
        Effect::Observe | Effect::Log => vec![Action::plain(ActionKind::Post, plan.span)],
        Effect::Deny if is_lsm => {
            let mut deny = Action::plain(ActionKind::Override, plan.span);
            deny.error = Some(Spanned::new(-1, plan.span));
            if options.deny_with_kill { vec![kill(), deny] } else { vec![deny] }
        }
        Effect::Deny | Effect::Kill => vec![kill()],
    }
}
