//! `SystemCallFilter` with `~` -> `blocked_syscalls`.

use std::collections::BTreeMap;

use telovix_policy::value::Syscall;

use super::unit::Unit;
use crate::{Change, Effect};

/// Returns the calls that a list with `~` denies. The first assignment decides whether the filter lists what is denied or
/// what is allowed; later ones of the other form remove from the list.
pub(super) fn import(unit: &Unit, changes: &mut Vec<Change>) -> Vec<String> {
    let assigned = unit.assigned("SystemCallFilter");
    let Some(first) = assigned.first() else { return Vec::new() };
    let mut tell = |line: u32, what: &str, why: String, effect: Effect| {
        changes.push(Change { line, what: format!("`{what}`"), why, effect });
    };
    if !first.value.starts_with('~') {
        let why =
            "not imported: a profile lists calls that are denied, and this filter those that are allowed";
        tell(first.line, "SystemCallFilter", why.to_owned(), Effect::Weaker);
        return Vec::new();
    }
    let mut denied: BTreeMap<usize, (Syscall, u32)> = BTreeMap::new();
    for setting in &assigned {
        let (is_denied, names) = match setting.value.strip_prefix('~') {
            Some(names) => (true, names),
            None => (false, setting.value.as_str()),
        };
        for entry in names.split_whitespace() {
            let name = entry.split_once(':').map_or(entry, |(name, _)| name);
            match Syscall::parse(name) {
                Ok(call) if is_denied => {
                    denied.insert(call.index(), (call, setting.line));
                }
                Ok(call) => {
                    denied.remove(&call.index());
                }
                Err(_) if name.starts_with('@') && is_denied => {
                    let why =
                        "not imported: what is in a group depends on the version of systemd; list its calls";
                    tell(setting.line, name, why.to_owned(), Effect::Weaker);
                }
                Err(_) if name.starts_with('@') => {
                    let why =
                        "not removed from the list: what is in a group depends on the version of systemd";
                    tell(setting.line, name, why.to_owned(), Effect::Stricter);
                }
                Err(_) => {
                    let why = "not imported: it is no known system call".to_owned();
                    tell(setting.line, name, why, Effect::Weaker);
                }
            }
        }
    }
    let errors = unit.assigned("SystemCallErrorNumber").into_iter().any(|number| number.value != "kill");
    if !errors && !denied.is_empty() {
        let why = "systemd ends the process that makes such a call; the profile denies the call".to_owned();
        tell(first.line, "SystemCallFilter", why, Effect::Weaker);
    }
    for (call, line) in denied.values() {
        let others = call.operation().filter(|other| !denied.contains_key(&other.index()));
        let others: Vec<&str> = others.map(Syscall::name).collect();
        if !others.is_empty() {
            let why = format!("denied with the other calls of its operation: {}", others.join(", "));
            tell(*line, call.name(), why, Effect::Stricter);
        }
    }
    denied.values().map(|(call, _)| call.name().to_owned()).collect()
}
