//! Sets of byte prefixes -> one map from prefixes to interned sets: for each path, everything that names it.

use super::set_table::SetTable;

/// A longest-match map over paths that end in NUL. Sorted; no entry repeats what its closest shorter entry says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PathMap<'prefix> {
    /// The set for paths that no entry covers.
    pub(super) everywhere: u32,
    /// `(prefix, set)`.
    pub(super) entries: Vec<(&'prefix [u8], u32)>,
}

/// One prefix of one member's set: from here on the member is in, or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step<'prefix> {
    pub(super) prefix: &'prefix [u8],
    pub(super) member: u32,
    pub(super) inside: bool,
}

/// Lays the members' sets over one another. `everywhere` holds the members that start inside.
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
