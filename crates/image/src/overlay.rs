//! Sets of byte prefixes -> one map from prefixes to interned sets: for each path, every set that contains it.

use telovix_policy::confine::PathSet;

use super::set_table::SetTable;

/// A longest-match map over paths that end in NUL. Sorted; no entry repeats the value of its closest shorter entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PathMap<'prefix> {
    /// The set for paths without an entry.
    pub(super) everywhere: u32,
    /// `(prefix, set)`.
    pub(super) entries: Vec<(&'prefix [u8], u32)>,
}

/// One prefix of one member's set: the member is in or out for it and everything below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step<'prefix> {
    pub(super) prefix: &'prefix [u8],
    pub(super) member: u32,
    pub(super) inside: bool,
}

/// Path sets of several members.
#[derive(Debug, Default)]
pub(super) struct Paths<'policy> {
    /// Members whose set is every path.
    pub(super) whole: Vec<u32>,
    /// The sets of the others.
    pub(super) sets: Vec<(u32, &'policy PathSet)>,
}

impl<'policy> Paths<'policy> {
    /// Combines the sets.
    pub(super) fn overlay(&self, sets: &mut SetTable) -> PathMap<'policy> {
        // The set of one member is a map already.
        if let ([], [(member, set)]) = (self.whole.as_slice(), self.sets.as_slice()) {
            let inside = if set.is_empty() { 0 } else { sets.single(*member) };
            return PathMap::of(set, inside);
        }
        let everywhere = self.sets.iter().filter(|(_, set)| set.prefixes().0).map(|(member, _)| member);
        let everywhere = sets.of(self.whole.iter().chain(everywhere).copied());
        let steps = self.sets.iter().flat_map(|(member, set)| {
            let prefixes = set.prefixes().1;
            prefixes.map(|(prefix, inside)| Step { prefix, member: *member, inside })
        });
        let steps = steps.collect();
        overlay(sets, everywhere, steps)
    }
}

impl<'prefix> PathMap<'prefix> {
    /// Returns the map with one value for the paths in a set, and 0 for the rest.
    fn of(set: &'prefix PathSet, value: u32) -> Self {
        let value_if = |inside| if inside { value } else { 0 };
        let (everywhere, prefixes) = set.prefixes();
        let entries = prefixes.map(|(prefix, inside)| (prefix, value_if(inside))).collect();
        Self { everywhere: value_if(everywhere), entries }
    }
}

/// Combines the members' sets. `everywhere` has the members whose set contains the root.
pub(super) fn overlay<'prefix>(
    sets: &mut SetTable,
    everywhere: u32,
    mut steps: Vec<Step<'prefix>>,
) -> PathMap<'prefix> {
    steps.sort_unstable();
    let mut map = PathMap { everywhere, entries: Vec::with_capacity(steps.len()) };
    // The prefixes that cover the current one, outermost first.
    let mut covering: Vec<(&[u8], u32)> = Vec::new();
    for same in steps.chunk_by(|left, right| left.prefix == right.prefix) {
        let Some(prefix) = same.first().map(|step| step.prefix) else { continue };
        while covering.last().is_some_and(|(outer, _)| !prefix.starts_with(outer)) {
            covering.pop();
        }
        let outer = covering.last().map_or(everywhere, |(_, set)| *set);
        let set = same.iter().fold(outer, |set, step| {
            if step.inside {
                let member = sets.single(step.member);
                sets.union(set, member)
            } else {
                sets.without(set, step.member)
            }
        });
        if set != outer {
            covering.push((prefix, set));
            map.entries.push((prefix, set));
        }
    }
    map
}
