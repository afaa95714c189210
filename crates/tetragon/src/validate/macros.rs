//! Selectors that include macros -> the selectors that Tetragon evaluates.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{Selector, Text, TracingPolicy};

/// Returns the policy with its macros merged into the selectors that include them.
///
/// Where Tetragon refuses to merge, `envelope` reports it; here the selector's own filters are kept.
pub(super) fn expanded<'policy, 'text>(
    policy: &'policy TracingPolicy<'text>,
) -> Cow<'policy, TracingPolicy<'text>> {
    let uses = |selector: &Arc<Selector<'_>>| !selector.macros.is_empty();
    if policy.spec.macros.is_empty() || !policy.spec.hooks.iter().any(|hook| hook.selectors.iter().any(uses))
    {
        return Cow::Borrowed(policy);
    }
    let mut expanded = policy.clone();
    for selector in expanded.spec.hooks.iter_mut().flat_map(|hook| &mut hook.selectors) {
        if uses(selector) {
            *selector = Arc::new(merged(selector, &policy.spec.macros));
        }
    }
    Cow::Owned(expanded)
}

fn merged<'text>(selector: &Selector<'text>, macros: &[(Text<'text>, Selector<'text>)]) -> Selector<'text> {
    let mut merged = selector.clone();
    let names = std::mem::take(&mut merged.macros);
    for name in &names {
        let Some((_, included)) = macros.iter().find(|(known, _)| known.value == name.value) else {
            continue;
        };
        fill(&mut merged.pids, &included.pids);
        fill(&mut merged.arguments, &included.arguments);
        fill(&mut merged.data, &included.data);
        fill(&mut merged.actions, &included.actions);
        fill(&mut merged.return_arguments, &included.return_arguments);
        fill(&mut merged.return_actions, &included.return_actions);
        fill(&mut merged.binaries, &included.binaries);
        fill(&mut merged.parent_binaries, &included.parent_binaries);
        fill(&mut merged.namespaces, &included.namespaces);
        fill(&mut merged.namespace_changes, &included.namespace_changes);
        fill(&mut merged.capabilities, &included.capabilities);
        fill(&mut merged.capability_changes, &included.capability_changes);
    }
    merged
}

fn fill<T: Clone>(own: &mut Vec<T>, included: &[T]) {
    if own.is_empty() {
        own.extend_from_slice(included);
    }
}
