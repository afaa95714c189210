//! What all policies for the same hosts take of what the engine and the kernel have once.

use std::collections::BTreeMap;

use super::codes::{FOLLOW_CHILDREN, HOOK_SLOTS};
use crate::diagnostic::{Diagnostic, Sink};
use crate::document::Scope;
use crate::source::Span;
use crate::tracing_policy::{HookPoint, TracingPolicy};

/// Programs that the kernel attaches to one function by trampoline (`BPF_MAX_TRAMP_LINKS`, kernels 5.18 on).
const TRAMPOLINE_LINKS: usize = 38;
/// Ids of the engine for filters that follow children (`pkg/mbset`).
const FOLLOW_IDS: usize = 64;

/// One entry of a hook in one policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    scope: Scope,
    lsm_hook: Option<String>,
    follows_children: bool,
    span: Span,
}

/// Returns what a policy uses.
pub(super) fn uses(policy: &TracingPolicy, scope: &Scope) -> Vec<Use> {
    let uses = policy.spec.hooks.iter().map(|hook| {
        let lsm_hook = match &hook.point {
            HookPoint::Lsm { hook } => Some(hook.value.clone()),
            _ => None,
        };
        let mut filters = hook.selectors.iter().flat_map(|selector| &selector.binaries);
        let follows_children = filters.any(|filter| filter.follow_children);
        Use { scope: scope.clone(), lsm_hook, follows_children, span: hook.span }
    });
    uses.collect()
}

/// Warns where policies of one scope take more than there is.
pub(super) fn check(uses: &[Use], sink: &mut Sink) {
    let mut slots: BTreeMap<(&Scope, &str), Vec<Span>> = BTreeMap::new();
    let mut followers: BTreeMap<&Scope, Vec<Span>> = BTreeMap::new();
    for used in uses {
        if let Some(hook) = &used.lsm_hook {
            slots.entry((&used.scope, hook)).or_default().push(used.span);
        }
        if used.follows_children {
            followers.entry(&used.scope).or_default().push(used.span);
        }
    }
    for ((scope, hook), spans) in slots {
        let Some(first_over) = spans.get(TRAMPOLINE_LINKS) else { continue };
        let message = format!(
            "{} policies for {} use the hook `{hook}`, and the kernel takes {TRAMPOLINE_LINKS}",
            spans.len(),
            words(scope)
        );
        let help = "scope documents to sensors or groups, or use a native target";
        sink.report(Diagnostic::new(&HOOK_SLOTS, *first_over, message).help(help));
    }
    for (scope, spans) in followers {
        let Some(first_over) = spans.get(FOLLOW_IDS) else { continue };
        let message = format!(
            "{} hooks for {} follow children, and the engine has {FOLLOW_IDS} ids",
            spans.len(),
            words(scope)
        );
        let help = "use `children: inherit` for fewer profiles, or a native target";
        sink.report(Diagnostic::new(&FOLLOW_CHILDREN, *first_over, message).help(help));
    }
}

fn words(scope: &Scope) -> String {
    match scope {
        Scope::Fleet => "every sensor".to_owned(),
        Scope::Group(group) => format!("the group `{group}`"),
        Scope::Sensor(sensor) => format!("the sensor `{sensor}`"),
    }
}
