//! The kprobes or uprobes of a policy -> filters that replace each other in maps shared under multi links.
//!
//! Source: `populateArgFilterMaps` and its siblings in `pkg/sensors/tracing/selectors.go`, `pkg/selectors/kernel.go`, and
//! `bpf/process/generic_calls.h`. Numbers, IPv4 addresses, IPv6 addresses and substrings have separate maps, numbered
//! from 0 in each kprobe; executables are found by the position of the selector. The maps contain values only: the
//! operator is part of the selector.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::quote;

use super::action::{KPROBE_OPTION, UPROBE_OPTION, disables};
use crate::codes::SHARED_FILTERS;
use crate::interpret::map_content;
use crate::{BinaryOperator, Hook, HookPoint, Selector, TracingPolicy};

/// A map entry that all kprobes of a policy use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    /// Executables of the selector at a position.
    Binaries(usize),
    /// Numbers, ports, protocols, families and states.
    Numbers(usize),
    /// IPv4 addresses.
    Addresses4(usize),
    /// IPv6 addresses.
    Addresses6(usize),
    /// Substrings.
    Substrings(usize),
}

/// What a kprobe writes to a slot, or expects to find there.
#[derive(Debug, PartialEq, Eq)]
enum Content<'policy> {
    Binaries(Vec<(BinaryOperator, Vec<&'policy str>, bool)>),
    Values(String),
}

/// Returns whether a hook shares maps with the others of its section: Tetragon attaches them with one multi link.
pub(super) fn shares_maps(hook: &Hook, policy: &TracingPolicy) -> bool {
    match hook.point {
        HookPoint::Kprobe { .. } => !disables(policy, KPROBE_OPTION),
        HookPoint::Uprobe { .. } => !disables(policy, UPROBE_OPTION),
        _ => false,
    }
}

/// Reports hooks whose filters replace those of an earlier one, or are replaced by them.
pub(super) fn check(policy: &TracingPolicy, sink: &mut Sink) {
    let mut slots: BTreeMap<Slot, (&Hook, Content<'_>)> = BTreeMap::new();
    for hook in policy.spec.hooks.iter().filter(|hook| shares_maps(hook, policy)) {
        let mut replaced = None;
        for (slot, content) in contents(hook) {
            match slots.entry(slot) {
                Entry::Vacant(entry) => {
                    entry.insert((hook, content));
                }
                Entry::Occupied(entry) => {
                    let (earlier, known) = entry.get();
                    if *known != content {
                        replaced = replaced.or(Some(*earlier));
                    }
                }
            }
        }
        if let Some(earlier) = replaced {
            let (noun, option) = match hook.point {
                HookPoint::Uprobe { .. } => ("uprobe", UPROBE_OPTION),
                _ => ("kprobe", KPROBE_OPTION),
            };
            let message =
                format!("its filters and those of the {noun} on {} replace each other", name(earlier));
            let help = format!("write one {noun} per document, or set the option `{option}` to \"1\"");
            let diagnostic = Diagnostic::new(&SHARED_FILTERS, hook.span, message);
            sink.report(diagnostic.related(earlier.span, format!("the other {noun}")).help(help));
        }
    }
}

fn name(hook: &Hook) -> String {
    match &hook.point {
        HookPoint::Kprobe { call, .. } => quote(&call.value),
        HookPoint::Uprobe { path, symbols, .. } => match symbols.first() {
            Some(symbol) => format!("{} of {}", quote(&symbol.value), quote(&path.value)),
            None => quote(&path.value),
        },
        _ => hook.point.section().name().to_owned(),
    }
}

/// Returns the slots of a kprobe. A kprobe without selectors matches before it reads any.
fn contents<'policy>(hook: &'policy Hook<'_>) -> Vec<(Slot, Content<'policy>)> {
    let mut found = Vec::new();
    let (mut numbers, mut addresses4, mut addresses6, mut substrings) = (0.., 0.., 0.., 0..);
    for (position, selector) in hook.selectors.iter().enumerate() {
        found.push((Slot::Binaries(position), Content::Binaries(binaries(selector))));
        for filter in selector.arguments.iter().chain(&selector.data) {
            let Some(content) = map_content(filter) else { continue };
            let mut add =
                |slot: fn(usize) -> Slot, count: &mut std::ops::RangeFrom<usize>, written: Option<String>| {
                    if let Some((number, written)) = written.and_then(|text| Some((count.next()?, text))) {
                        found.push((slot(number), Content::Values(written)));
                    }
                };
            add(Slot::Numbers, &mut numbers, content.numbers);
            add(Slot::Addresses4, &mut addresses4, content.addresses4);
            add(Slot::Addresses6, &mut addresses6, content.addresses6);
            add(Slot::Substrings, &mut substrings, content.substrings);
        }
    }
    found
}

fn binaries<'policy>(selector: &'policy Selector<'_>) -> Vec<(BinaryOperator, Vec<&'policy str>, bool)> {
    let filters = selector.binaries.iter().map(|filter| {
        let values = filter.values.iter().map(|value| value.value.as_ref()).collect();
        (filter.operator.value, values, filter.follow_children)
    });
    filters.collect()
}
