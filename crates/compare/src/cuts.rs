//! Confinements and Tetragon policies -> what they distinguish in the events of an operation.

use telovix_policy::confine::{Condition, Confinement, Exemption, PathSet, Subject};
use telovix_policy::value::{Children, PathPattern, Scope, address_at};
use telovix_tetragon::interpret::Representatives;

/// Adds what a confinement distinguishes.
pub fn cut(events: &mut Representatives, confinement: &Confinement) {
    let (name, is_end) = match &confinement.subject {
        Subject::Everyone => (None, false),
        Subject::Binary(path) => (Some(path.as_str().to_owned()), false),
        Subject::BaseName(name) => (Some(format!("/{name}")), true),
    };
    if let Some(name) = name {
        events.cut_binary(&name, is_end);
        if confinement.children == Children::Inherit {
            events.cut_lineage(&name, is_end);
        }
    }
    for Exemption { process, parent, .. } in &confinement.exemptions {
        process.iter().for_each(|pattern| cut_pattern(events, pattern));
        parent.iter().for_each(|pattern| {
            each_prefix(pattern, |text, is_beginning| {
                events.cut_parent(text, is_beginning);
            });
        });
    }
    cut_scope(events, &confinement.scope);
    cut_condition(events, &confinement.condition);
}

/// Adds the executables that a pattern distinguishes.
pub(crate) fn cut_pattern(events: &mut Representatives, pattern: &PathPattern) {
    each_prefix(pattern, |text, is_beginning| {
        if is_beginning {
            events.cut_binaries_below(text);
        } else {
            events.cut_binary(text, false);
        }
    });
}

/// Adds what a scope distinguishes.
pub(crate) fn cut_scope(events: &mut Representatives, scope: &Scope) {
    match scope {
        Scope::Fleet => {}
        Scope::Sensor(sensor) => events.cut_sensor(sensor),
        Scope::Group(group) => events.cut_group(group),
    }
}

/// Adds what a condition distinguishes.
pub(crate) fn cut_condition(events: &mut Representatives, condition: &Condition) {
    match condition {
        Condition::Always => {}
        Condition::Exec { paths, .. } => cut_paths(events, paths),
        Condition::Open { paths, .. } => {
            events.cut_everything_else();
            cut_paths(events, paths);
        }
        Condition::Connect(set) => {
            for (first, _, ports) in set.parts() {
                events.cut_address(address_at(first));
                for (first, last) in ports.ranges() {
                    events.cut_port(*first);
                    last.checked_add(1).into_iter().for_each(|after| events.cut_port(after));
                }
            }
        }
        Condition::Capability(_) | Condition::Syscall(_) | Condition::Socket(_) => {
            events.cut_everything_else();
        }
    }
}

fn cut_paths(events: &mut Representatives, paths: &PathSet) {
    for (prefix, _) in paths.prefixes().1 {
        let (text, is_beginning) = match prefix.strip_suffix(&[0]) {
            Some(whole) => (whole, false),
            None => (prefix, true),
        };
        events.cut_path(&String::from_utf8_lossy(text), is_beginning);
    }
}

fn each_prefix(pattern: &PathPattern, mut cut: impl FnMut(&str, bool)) {
    for prefix in pattern.prefixes() {
        let (text, is_beginning) = match prefix.strip_suffix(&[0]) {
            Some(whole) => (whole, false),
            None => (prefix.as_slice(), true),
        };
        cut(&String::from_utf8_lossy(text), is_beginning);
    }
}
