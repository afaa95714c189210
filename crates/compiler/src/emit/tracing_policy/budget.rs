//! The policies of a host -> findings about the limits they share: trampoline slots and Tetragon's ids.

use std::borrow::Cow;
use std::collections::BTreeMap;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::value::Scope;
use telovix_tetragon::{Hook, HookPoint, TracingPolicy};

use super::codes::{FOLLOW_CHILDREN, FOLLOW_CHILDREN_ALONE, HOOK_SLOTS};

/// Programs that the kernel attaches to one function by trampoline (`BPF_MAX_TRAMP_LINKS`, kernels 5.18 on).
const TRAMPOLINE_LINKS: usize = 38;
/// Ids that Tetragon has for filters that follow children (`pkg/mbset`).
const FOLLOW_IDS: usize = 64;

/// One entry of a hook in one policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use<'text> {
    scope: Scope,
    lsm_hook: Option<Cow<'text, str>>,
    /// Ids for following children: one for each function that is hooked.
    ids: usize,
    span: Span,
}

/// Returns what a policy uses of both.
pub(super) fn uses<'text>(policy: &TracingPolicy<'text>, scope: &Scope) -> impl Iterator<Item = Use<'text>> {
    policy.spec.hooks.iter().filter_map(|hook| {
        let lsm_hook = match &hook.point {
            HookPoint::Lsm { hook } => Some(hook.value.clone()),
            _ => None,
        };
        let mut filters = hook.selectors.iter().flat_map(|selector| &selector.binaries);
        let ids = if filters.any(|filter| filter.follow_children) { functions(hook, policy) } else { 0 };
        let is_use = lsm_hook.is_some() || ids > 0;
        is_use.then(|| Use { scope: scope.clone(), lsm_hook, ids, span: hook.span })
    })
}

/// Counts the functions of a hook: a hook on a list attaches to each of them.
fn functions(hook: &Hook, policy: &TracingPolicy) -> usize {
    let HookPoint::Kprobe { call, .. } = &hook.point else { return 1 };
    let Some(name) = call.value.strip_prefix("list:") else { return 1 };
    let list = policy.spec.lists.iter().find(|list| list.name.value == name);
    list.map_or(1, |list| list.values.len())
}

/// Refuses a policy that needs more ids for following children than Tetragon has, and so never loads.
pub(super) fn check_alone(uses: &[Use<'_>], path: &str, sink: &mut Sink) -> bool {
    let mut spans = uses.iter().flat_map(|used| std::iter::repeat_n(used.span, used.ids));
    let Some(first_over) = spans.nth(FOLLOW_IDS) else { return true };
    let functions = spans.count() + FOLLOW_IDS + 1;
    let message =
        format!("`{path}` follows children at {functions} functions, but Tetragon has {FOLLOW_IDS} ids");
    let help = "block fewer calls, write `children: leave`, or use a native target";
    sink.report(Diagnostic::new(&FOLLOW_CHILDREN_ALONE, first_over, message).help(help));
    false
}

/// Warns where the policies of one scope together exceed a limit.
pub(super) fn check(uses: &[Use<'_>], sink: &mut Sink) {
    let mut slots: BTreeMap<(&Scope, &str), Vec<Span>> = BTreeMap::new();
    let mut followers: BTreeMap<&Scope, Vec<Span>> = BTreeMap::new();
    for used in uses {
        if let Some(hook) = &used.lsm_hook {
            slots.entry((&used.scope, hook)).or_default().push(used.span);
        }
        followers.entry(&used.scope).or_default().extend(std::iter::repeat_n(used.span, used.ids));
    }
    for ((scope, hook), spans) in slots {
        let Some(first_over) = spans.get(TRAMPOLINE_LINKS) else { continue };
        let message = format!(
            "{} policies for {} use the hook `{hook}`, but the kernel takes at most {TRAMPOLINE_LINKS}",
            spans.len(),
            words(scope)
        );
        let help = "scope documents to sensors or groups, or use a native target";
        sink.report(Diagnostic::new(&HOOK_SLOTS, *first_over, message).help(help));
    }
    for (scope, spans) in followers {
        let Some(first_over) = spans.get(FOLLOW_IDS) else { continue };
        let message = format!(
            "{} hooks for {} follow children, but Tetragon has {FOLLOW_IDS} ids",
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
