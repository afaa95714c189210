//! Plans -> hooks of the engine's model, split so that every limit holds and the meaning stays.

use super::filter::Refusal;
use super::plan::{Part, Plan};
use super::{Options, operation, subject};
use crate::confine::{Confinement, Dimension, DocumentKind, Effect};
use crate::source::Spanned;
use crate::target::Kernel;
use crate::tracing_policy::{
    Action, ActionKind, BinaryFilter, Hook, HookPoint, NamedList, Section, Selector, fits,
};

/// Signal 9.
const SIGKILL: u32 = 9;

/// What one confinement adds to the documents of its unit.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// Hooks, with the document each goes to.
    pub(super) hooks: Vec<(Part, Hook)>,
    /// Lists that the hooks on system calls refer to.
    pub(super) lists: Vec<NamedList>,
}

/// Returns the hooks of one confinement.
pub(super) fn assemble(
    confinement: &Confinement,
    kernels: &[Kernel],
    options: &Options,
) -> Result<Assembly, Refusal> {
    // The native runtime closes the name space; for the engine it is reported as open.
    if confinement.dimension == Dimension::NameSpace || subject::is_void(confinement) {
        return Ok(Assembly::default());
    }
    let binary = subject::binary_filter(confinement)?;
    let exempting = subject::exempting_selectors(confinement)?;
    let plans = operation::plan(confinement, kernels)?;
    let mut assembly = Assembly::default();
    for mut plan in plans {
        assembly.lists.extend(list(&mut plan));
        let acting = acting_selectors(&mut plan, binary.as_ref(), confinement.document.kind, options);
        split(plan, &exempting, acting, &mut assembly.hooks)?;
    }
    Ok(assembly)
}

fn list(plan: &mut Plan) -> Option<NamedList> {
    let HookPoint::Kprobe { call, .. } = &plan.point else { return None };
    let name = call.value.strip_prefix("list:")?;
    let span = plan.span;
    let functions = std::mem::take(&mut plan.functions);
    let values = functions.into_iter().map(|function| Spanned::new(function, span));
    Some(NamedList {
        span,
        name: Spanned::new(name.to_owned(), span),
        kind: None,
        values: values.collect(),
        pattern: None,
        validated: None,
    })
}

fn acting_selectors(
    plan: &mut Plan,
    binary: Option<&BinaryFilter>,
    kind: DocumentKind,
    options: &Options,
) -> Vec<Selector> {
    let alternatives = std::mem::take(&mut plan.alternatives);
    let selectors = alternatives.into_iter().map(|filters| {
        let mut selector = Selector::everything(plan.span);
        selector.binaries.extend(binary.cloned());
        selector.arguments = filters;
        selector.actions = actions(plan, kind, options);
        selector
    });
    selectors.collect()
}

/// Profiles spell a kill `Sigkill`, rules and guards `Signal` with `argSig: 9`, as the product does.
fn actions(plan: &Plan, kind: DocumentKind, options: &Options) -> Vec<Action> {
    let kill = || match kind {
        DocumentKind::GuardianProfile => Action::plain(ActionKind::Sigkill, plan.span),
        DocumentKind::EnforcementRule | DocumentKind::RuntimeGuard => {
            let mut signal = Action::plain(ActionKind::Signal, plan.span);
            signal.signal = Some(Spanned::new(SIGKILL, plan.span));
            signal
        }
    };
    let is_lsm = plan.point.section() == Section::LsmHooks;
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

/// Fills hooks with selectors, each behind the exempting ones, as long as they fit.
fn split(
    plan: Plan,
    exempting: &[Selector],
    acting: Vec<Selector>,
    hooks: &mut Vec<(Part, Hook)>,
) -> Result<(), Refusal> {
    let (part, span) = (plan.part, plan.span);
    let mut hook = empty_hook(plan, exempting);
    let mut filled = 0;
    for selector in acting {
        hook.selectors.push(selector);
        if fits(&hook) {
            filled += 1;
            continue;
        }
        let overflow = hook.selectors.pop();
        if filled == 0 {
            return Err(Refusal::cannot_express(
                span,
                "one selector alone is larger than the engine's limits",
            ));
        }
        let selectors = std::mem::replace(&mut hook.selectors, exempting.to_vec());
        hooks.push((part, Hook { selectors, ..hook.clone() }));
        hook.selectors.extend(overflow);
        filled = 1;
        if !fits(&hook) {
            return Err(Refusal::cannot_express(
                span,
                "one selector alone is larger than the engine's limits",
            ));
        }
    }
    if filled > 0 {
        hooks.push((part, hook));
    }
    Ok(())
}

fn empty_hook(plan: Plan, exempting: &[Selector]) -> Hook {
    let is_kprobe = matches!(plan.point, HookPoint::Kprobe { .. });
    Hook {
        span: plan.span,
        point: plan.point,
        arguments: plan.arguments,
        data: Vec::new(),
        returns: false,
        return_argument: None,
        return_action: None,
        selectors: exempting.to_vec(),
        message: None,
        tags: Vec::new(),
        ignore_missing: plan.ignore_missing && is_kprobe,
    }
}
