//! The kprobes of a policy under multi-kprobe links -> what each really finds in the maps that they share.
//!
//! Executables are found by the position of the selector, so those of the last kprobe apply to all (seen in Tetragon).
//! For numbers, addresses and substrings, which are numbered in each kprobe, only that they are shared is known.

use std::collections::BTreeMap;

use super::map_content::{MapContent, map_content};
use crate::{ArgumentFilter, BinaryFilter, Hook, HookPoint, TracingPolicy};

/// The maps of a policy.
#[derive(Debug, Default)]
pub(super) struct SharedMaps<'policy> {
    /// By position of the selector, the filters that count. Empty where nothing is shared.
    binaries: BTreeMap<usize, &'policy [BinaryFilter<'policy>]>,
    /// Whether the other maps have several writers that differ.
    is_mixed: bool,
}

impl<'policy> SharedMaps<'policy> {
    /// Collects what the kprobes of a policy write.
    pub(super) fn of(policy: &'policy TracingPolicy<'_>) -> Self {
        let kprobes =
            || policy.spec.hooks.iter().filter(|hook| matches!(hook.point, HookPoint::Kprobe { .. }));
        if kprobes().count() < 2 || disables_multi(policy) {
            return Self::default();
        }
        let mut maps = Self::default();
        for hook in kprobes() {
            for (at, selector) in hook.selectors.iter().enumerate() {
                if !selector.binaries.is_empty() {
                    maps.binaries.insert(at, &selector.binaries);
                }
            }
        }
        let mut written: Vec<_> = kprobes().map(contents).filter(|content| !content.is_empty()).collect();
        written.dedup();
        maps.is_mixed = written.len() > 1;
        maps
    }

    /// Returns the filters on the executable that apply to a selector of a hook.
    pub(super) fn binaries<'own>(
        &self,
        hook: &Hook<'_>,
        at: usize,
        own: &'own [BinaryFilter<'policy>],
    ) -> &'own [BinaryFilter<'policy>]
    where
        'policy: 'own,
    {
        match self.binaries.get(&at) {
            Some(shared) if matches!(hook.point, HookPoint::Kprobe { .. }) => shared,
            _ => own,
        }
    }

    /// Returns whether a filter of a hook may find the values of another.
    pub(super) fn confuses(&self, hook: &Hook<'_>, filter: &ArgumentFilter<'_>) -> bool {
        self.is_mixed && matches!(hook.point, HookPoint::Kprobe { .. }) && map_content(filter).is_some()
    }
}

fn contents(hook: &Hook<'_>) -> Vec<MapContent> {
    let filters = hook.selectors.iter().flat_map(|selector| selector.arguments.iter().chain(&selector.data));
    filters.filter_map(map_content).collect()
}

fn disables_multi(policy: &TracingPolicy<'_>) -> bool {
    let last = policy.spec.options.iter().rfind(|option| option.name.value == "disable-kprobe-multi");
    last.is_some_and(|option| {
        matches!(option.value.value.as_ref(), "1" | "t" | "T" | "TRUE" | "true" | "True")
    })
}
