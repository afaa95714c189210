//! `CapabilityBoundingSet` -> `allowed_capabilities`.

use std::collections::BTreeSet;

use telovix_policy::value::Capability;

use super::unit::Unit;
use crate::{Change, Effect};

/// Returns the capabilities that are left, as systemd joins the assignments: the first one replaces the full set, later
/// ones add, and those with `~` remove. An empty one leaves none, and `~` alone all.
pub(super) fn import(unit: &Unit, changes: &mut Vec<Change>) -> Option<Vec<String>> {
    let all: BTreeSet<u8> = Capability::all().map(Capability::number).collect();
    let mut left: Option<BTreeSet<u8>> = None;
    for setting in unit.of("CapabilityBoundingSet") {
        let (is_inverted, names) = match setting.value.strip_prefix('~') {
            Some(names) => (true, names),
            None => (false, setting.value.as_str()),
        };
        let mut named = BTreeSet::new();
        for name in names.split_whitespace() {
            match Capability::parse(name) {
                Ok(capability) => {
                    named.insert(capability.number());
                }
                Err(_) => {
                    let why = "ignored: it is no known capability, and systemd ignores it as well".to_owned();
                    let what = format!("`{name}`");
                    changes.push(Change { line: setting.line, what, why, effect: Effect::Same });
                }
            }
        }
        left = Some(match left {
            Some(before) if !named.is_empty() && before != all => {
                if is_inverted {
                    &before - &named
                } else {
                    &before | &named
                }
            }
            _ if is_inverted => &all - &named,
            _ => named,
        });
    }
    let left = left.filter(|left| *left != all)?;
    let names = Capability::all().filter(|capability| left.contains(&capability.number()));
    Some(names.map(|capability| capability.to_string()).collect())
}
