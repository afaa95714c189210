//! Plans -> hooks of the TracingPolicy model, split to fit Tetragon's limits without changing the meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::{Confinement, Dimension, DocumentKind, Effect};
use telovix_tetragon::{Action, ActionKind, BinaryFilter, Hook, NamedList, Selector, fits};

use super::consequence::Direction;
use super::filter::Refusal;
use super::plan::{Part, Plan, Site};
use super::{Options, operation, subject};

/// Signal 9.
const SIGKILL: u32 = 9;

/// What the confinements of a unit add to its documents.
#[derive(Debug, Default)]
pub(super) struct Assembly<'text> {
    /// The hooks of each document.
    pub(super) hooks: BTreeMap<Part, Vec<Hook<'text>>>,
    /// Whether the values of each document are an allowlist or a block list.
    pub(super) directions: BTreeMap<Part, Direction>,
    /// Lists that the hooks on system calls refer to.
    pub(super) lists: Vec<NamedList<'text>>,
}

impl<'text> Assembly<'text> {
    /// Adds the hooks of one confinement.
    pub(super) fn add(&mut self, confinement: &'text Confinement, options: &Options) -> Result<(), Refusal> {
        // Only the native runtime closes the name space; for Tetragon it is reported as open.
        if confinement.dimension == Dimension::NameSpace || subject::is_void(confinement) {
            return Ok(());
        }
        let binary = subject::binary_filter(confinement)?;
        let exempting = subject::exempting_selectors(confinement)?;
        for mut plan in operation::plan(confinement, &options.kernels)? {
            self.lists.extend(plan.list.take());
            let own = Direction::of(confinement.listing);
            self.directions.entry(plan.part).and_modify(|all| *all = all.join(own)).or_insert(own);
            let hooks = self.hooks.entry(plan.part).or_default();
            let actions = actions(&plan, confinement.document.kind, options);
            split(plan, binary.as_ref(), &exempting, &actions, hooks)?;
        }
        Ok(())
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

/// Fills hooks with the selectors of a plan. Every hook starts with the exempting selectors; a full one is split.
fn split<'text>(
    plan: Plan<'text>,
    binary: Option<&BinaryFilter<'text>>,
    exempting: &[Arc<Selector<'text>>],
    actions: &[Action<'text>],
    hooks: &mut Vec<Hook<'text>>,
) -> Result<(), Refusal> {
    let Plan { sites, arguments, alternatives, span, .. } = plan;
    let Some(first) = sites.first() else { return Ok(()) };
    // The limits are the same for every site of a section, so what fits the first site fits all.
    let mut hook = Hook { arguments, ..empty_hook(first.clone(), span) };
    hook.selectors.reserve_exact(exempting.len() + alternatives.len());
    hook.selectors.extend_from_slice(exempting);
    let too_large = || Refusal::cannot_express(span, "a single selector exceeds the limits of Tetragon");
    let mut filled = 0;
    for filters in alternatives {
        let mut selector = Selector::everything(span);
        selector.binaries.extend(binary.cloned());
        selector.arguments = filters;
        selector.actions = actions.to_vec();
        hook.selectors.push(Arc::new(selector));
        filled += 1;
        if fits(&hook) {
            continue;
        }
        let overflow = hook.selectors.pop();
        if filled == 1 {
            return Err(too_large());
        }
        hooks.extend(at_each(sites.clone(), &hook));
        hook.selectors.truncate(exempting.len());
        hook.selectors.extend(overflow);
        filled = 1;
        if !fits(&hook) {
            return Err(too_large());
        }
    }
    if filled > 0 {
        hooks.extend(at_each(sites, &hook));
    }
    Ok(())
}

/// Returns hooks that do the same at several sites.
fn at_each<'text>(sites: Vec<Site<'text>>, hook: &Hook<'text>) -> impl Iterator<Item = Hook<'text>> {
    sites.into_iter().map(|site| Hook {
        arguments: hook.arguments.clone(),
        selectors: hook.selectors.clone(),
        ..empty_hook(site, hook.span)
    })
}

fn empty_hook(site: Site<'_>, span: Span) -> Hook<'_> {
    Hook {
        span,
        point: site.point,
        arguments: Vec::new(),
        data: Vec::new(),
        returns: false,
        return_argument: None,
        return_action: None,
        selectors: Vec::new(),
        message: None,
        tags: Vec::new(),
        ignore_missing: site.ignore_missing,
    }
}
