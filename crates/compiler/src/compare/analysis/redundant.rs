//! Entries of a list that another entry of the list holds already.

use super::code::REDUNDANT_ENTRY;
use crate::confine::{Confinement, Member, MemberValue};
use crate::diagnostic::{Diagnostic, Sink};

/// Reports each entry that another one holds.
pub(super) fn report(confinement: &Confinement, sink: &mut Sink) {
    for (inner, outer) in paths(&confinement.members).into_iter().chain(ranges(&confinement.members)) {
        let message = format!("`{}` is held by `{}` in the same list", inner.value, outer.value);
        let diagnostic = Diagnostic::new(&REDUNDANT_ENTRY, inner.span, message);
        sink.report(diagnostic.related(outer.span, "holds it").help("remove one of the two"));
    }
}

type Held<'policy> = (&'policy Member, &'policy Member);

/// A shorter prefix comes first, so that the entries around the current one lie on a stack.
fn paths(members: &[Member]) -> Vec<Held<'_>> {
    let mut prefixes: Vec<(Vec<u8>, usize)> = Vec::new();
    for (at, member) in members.iter().enumerate() {
        if let MemberValue::Path(pattern) = &member.value {
            prefixes.extend(pattern.prefixes().into_iter().map(|prefix| (prefix, at)));
        }
    }
    prefixes.sort_unstable();
    let mut around: Vec<&(Vec<u8>, usize)> = Vec::new();
    // An entry is redundant when one other holds each of its prefixes.
    let mut holder: Vec<Option<Option<usize>>> = vec![None; members.len()];
    for entry in &prefixes {
        while around.last().is_some_and(|outer| !entry.0.starts_with(&outer.0)) {
            around.pop();
        }
        let outer = around.iter().rev().map(|outer| outer.1).find(|outer| *outer != entry.1);
        if let Some(known) = holder.get_mut(entry.1) {
            *known = Some(match *known {
                None => outer,
                Some(before) => before.and(outer),
            });
        }
        around.push(entry);
    }
    let held = holder.into_iter().enumerate().filter_map(|(at, outer)| Some((at, outer??)));
    held.filter_map(|(at, outer)| Some((members.get(at)?, members.get(outer)?))).collect()
}

/// Blocks and port ranges, each as a range of numbers: what starts earlier and ends later holds what follows.
fn ranges(members: &[Member]) -> Vec<Held<'_>> {
    let mut numbers: Vec<(bool, u128, u128, &Member)> = members
        .iter()
        .flat_map(|member| match &member.value {
            MemberValue::Cidr(cidr) => cidr
                .ranges()
                .into_iter()
                .map(|(first, last)| (true, first, u128::MAX - last, member))
                .collect(),
            MemberValue::Ports(ports) => {
                vec![(false, u128::from(ports.first()), u128::MAX - u128::from(ports.last()), member)]
            }
            _ => Vec::new(),
        })
        .collect();
    // Of ranges with one start the longest comes first: the third number falls as the end rises.
    numbers.sort_by_key(|range| (range.0, range.1, range.2));
    let mut held = Vec::new();
    let mut widest: Option<&(bool, u128, u128, &Member)> = None;
    for range in &numbers {
        match widest {
            Some(outer) if outer.0 == range.0 && outer.2 <= range.2 && !std::ptr::eq(outer.3, range.3) => {
                held.push((range.3, outer.3));
            }
            _ => widest = Some(range),
        }
    }
    held
}
