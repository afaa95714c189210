//! Path maps -> nodes of one shared automaton: an edge per path component, equal subtrees stored once.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::{
    CHUNK, EdgeKey, NODE_HAS_EDGES, NODE_HAS_PREFIXES, PathState, PrefixKey, Section,
};

use super::overlay::PathMap;

/// All nodes of an image. A node has a larger number than its children.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// Numbers of known nodes by their hash.
    known: FxHashMap<u64, Vec<u32>>,
}

/// What can follow a directory, or follow the first chunk of a long name. Both lists are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Node {
    edges: Vec<([u8; CHUNK], PathState)>,
    prefixes: Vec<(u32, [u8; CHUNK], u32)>,
}

/// Converts the values of a path map to those that the automaton stores.
pub(super) trait Values {
    /// Returns the number to store for a value of the map. Numbers must depend on the order of the calls only, so
    /// that maps of one shape give equal nodes. Zero stays zero.
    fn store(&mut self, value: u32) -> u32;

    /// Returns the value of a directory and everything below it, from its parts.
    fn join(&mut self, left: u32, right: u32) -> u32;
}

/// The values of a map for one name in a directory.
#[derive(Debug, Clone, Copy, Default)]
struct Name<'map, 'prefix> {
    /// Value of the path that ends with this name.
    exact: Option<u32>,
    /// Value of paths below it without a deeper entry.
    below: Option<u32>,
    /// Value of every name that starts with this one.
    prefix: Option<u32>,
    deeper: &'map [(&'prefix [u8], u32)],
}

impl Nodes {
    /// Adds a map and returns the state at its root. Paths have at most `PATH_DEPTH` components, which bounds the
    /// recursion.
    pub(super) fn add(&mut self, map: &PathMap<'_>, values: &mut impl Values) -> PathState {
        // Number the values in the order of the prefixes, independent of the order of the nodes.
        values.store(map.everywhere);
        for (_, value) in &map.entries {
            values.store(*value);
        }
        let slash = map.entries.partition_point(|(prefix, _)| *prefix < b"/".as_slice());
        let (root, entries) = match map.entries.get(slash) {
            Some((b"/", value)) => (*value, map.entries.get(slash + 1..)),
            _ => (map.everywhere, map.entries.get(slash..)),
        };
        let (exact, entries) = match entries {
            Some([(b"/\0", value), rest @ ..]) => (*value, rest),
            rest => (root, rest.expect("the partition point lies in the entries")),
        };
        let (child, deeper) = Builder { nodes: self, values }.directory(entries, 1, root);
        let subtree = values.join(root, exact);
        let subtree = values.join(subtree, deeper);
        PathState {
            child,
            exact: values.store(exact),
            below: values.store(root),
            subtree: values.store(subtree),
        }
    }

    /// Writes all nodes in the order of their numbers.
    pub(super) fn write(&self, sections: &mut Sections) {
        sections.reserve(Section::Edges, self.nodes.iter().map(|node| node.edges.len()).sum());
        for (number, node) in (1..).zip(&self.nodes) {
            for (chunk, state) in &node.edges {
                sections.insert(Section::Edges, &EdgeKey { node: number, chunk: *chunk }, state);
            }
        }
        let mut prefixes: Vec<(PrefixKey, u32)> = (1..)
            .zip(&self.nodes)
            .flat_map(|(number, node)| node.prefixes.iter().map(move |prefix| (number, *prefix)))
            .map(|(node, (bytes, chunk, class))| (PrefixKey { bits: 32 + 8 * bytes, node, chunk }, class))
            .collect();
        prefixes.sort_unstable();
        for (key, class) in &prefixes {
            sections.insert(Section::Prefixes, key, class);
        }
    }

    /// Returns the reference to a node: its number and flags; 0 for an empty node.
    fn intern(&mut self, node: Node) -> u32 {
        let edges = if node.edges.is_empty() { 0 } else { NODE_HAS_EDGES };
        let prefixes = if node.prefixes.is_empty() { 0 } else { NODE_HAS_PREFIXES };
        if edges | prefixes == 0 {
            return 0;
        }
        let candidates = self.known.entry(FxBuildHasher.hash_one(&node)).or_default();
        let is_same = |number: &u32| self.nodes.get(*number as usize - 1) == Some(&node);
        let number = candidates.iter().copied().find(is_same).unwrap_or_else(|| {
            self.nodes.push(node);
            let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            candidates.push(next);
            next
        });
        number | edges | prefixes
    }
}

impl<'map, 'prefix> Name<'map, 'prefix> {
    fn add(&mut self, more: &Self) {
        self.exact = self.exact.or(more.exact);
        self.below = self.below.or(more.below);
        self.prefix = self.prefix.or(more.prefix);
        if self.deeper.is_empty() {
            self.deeper = more.deeper;
        }
    }
}

struct Builder<'nodes, V> {
    nodes: &'nodes mut Nodes,
    values: &'nodes mut V,
}

impl<V: Values> Builder<'_, V> {
    /// Builds the node of a directory from the entries that start with its `at` bytes, slash included, and are
    /// longer. Returns the reference to it and the joined value of everything in it.
    fn directory(&mut self, entries: &[(&[u8], u32)], at: usize, below: u32) -> (u32, u32) {
        if entries.is_empty() {
            return (0, 0);
        }
        self.chunks(&names(entries, at), at, below)
    }

    /// Builds the node for names, or for the rest of names whose earlier chunks are consumed. Names are sorted.
    /// `below` is the value of a name without an entry.
    fn chunks(&mut self, names: &[(&[u8], Name<'_, '_>)], at: usize, below: u32) -> (u32, u32) {
        let mut node = Node { edges: Vec::with_capacity(names.len()), prefixes: Vec::new() };
        let mut joined = 0;
        let mut covering: Vec<(&[u8], u32)> = Vec::new();
        let share_a_chunk =
            |left: &[u8], right: &[u8]| left.len() >= CHUNK && left.get(..CHUNK) == right.get(..CHUNK);
        for group in names.chunk_by(|(left, _), (right, _)| share_a_chunk(left, right)) {
            let Some((name, about)) = group.first() else { continue };
            while covering.last().is_some_and(|(outer, _)| !name.starts_with(outer)) {
                covering.pop();
            }
            if let (Some(value), 1..CHUNK) = (about.prefix, name.len()) {
                covering.push((name, value));
                joined = self.values.join(joined, value);
                node.prefixes.push((name.len() as u32, chunk(name), self.values.store(value)));
            }
            let default = covering.last().map_or(below, |(_, value)| *value);
            let (state, value) = if name.len() < CHUNK {
                let Some(deep) = self.edge(about, at + name.len() + 1, default) else { continue };
                deep
            } else {
                self.long(group, at, default)
            };
            joined = self.values.join(joined, value);
            node.edges.push((chunk(name), state));
        }
        node.prefixes.sort_unstable();
        (self.nodes.intern(node), joined)
    }

    /// Builds the edge that ends a name, and the directory after it; `None` if the map only has a prefix here.
    fn edge(&mut self, about: &Name<'_, '_>, at: usize, default: u32) -> Option<(PathState, u32)> {
        if about.exact.is_none() && about.below.is_none() && about.deeper.is_empty() {
            return None;
        }
        let exact = about.exact.unwrap_or(default);
        let below = about.below.unwrap_or(default);
        let (child, deeper) = self.directory(about.deeper, at, below);
        let subtree = self.values.join(exact, below);
        let subtree = self.values.join(subtree, deeper);
        let state = PathState {
            child,
            exact: self.values.store(exact),
            below: self.values.store(below),
            subtree: self.values.store(subtree),
        };
        Some((state, subtree))
    }

    /// Builds the edge of a full chunk that several longer names share.
    fn long(&mut self, group: &[(&[u8], Name<'_, '_>)], at: usize, default: u32) -> (PathState, u32) {
        let whole = group.first().filter(|(name, _)| name.len() == CHUNK).and_then(|(_, about)| about.prefix);
        let below = whole.unwrap_or(default);
        let rest: Vec<(&[u8], Name<'_, '_>)> = group
            .iter()
            .map(|(name, about)| (name.get(CHUNK..).expect("names of the group fill a chunk"), *about))
            .collect();
        let (child, deeper) = self.chunks(&rest, at + CHUNK, below);
        let joined = self.values.join(below, deeper);
        let below = self.values.store(below);
        (PathState { child, exact: below, below, subtree: below }, joined)
    }
}

/// Groups the entries of a directory by name, sorted by name. The order of the entries differs: `a/` comes after
/// `a-`.
fn names<'map, 'prefix>(
    entries: &'map [(&'prefix [u8], u32)],
    at: usize,
) -> Vec<(&'prefix [u8], Name<'map, 'prefix>)> {
    let mut names: Vec<(&[u8], Name<'_, '_>)> = Vec::with_capacity(entries.len());
    let mut rest = entries;
    while let Some(((prefix, value), after)) = rest.split_first() {
        let tail = prefix.get(at..).expect("entries of a directory start with its path");
        let end = tail.iter().position(|byte| matches!(byte, 0 | b'/')).unwrap_or(tail.len());
        let (name, tail) = tail.split_at(end);
        let mut about = Name::default();
        let mut taken = 1;
        match tail {
            [] => about.prefix = Some(*value),
            [0, ..] => about.exact = Some(*value),
            [_] => about.below = Some(*value),
            [_, ..] => {
                let directory = prefix.get(..=at + end).expect("the name ends before a slash");
                let is_below = |(prefix, _): &(&[u8], u32)| prefix.starts_with(directory);
                // Most parent directories of listed paths contain no other entry.
                let is_only = after.last().is_none_or(is_below);
                taken += if is_only { after.len() } else { after.partition_point(is_below) };
                about.deeper = rest.get(..taken).expect("the entries below are among the rest");
            }
        }
        match names.last_mut() {
            Some((last, known)) if *last == name => known.add(&about),
            _ => names.push((name, about)),
        }
        rest = rest.get(taken..).expect("the entries below are among the rest");
    }
    names.sort_by_key(|(name, _)| *name);
    names.dedup_by(|(later, more), (earlier, about)| {
        let same = later == earlier;
        if same {
            about.add(more);
        }
        same
    });
    names
}

/// Returns the first bytes of a name as a zero-padded chunk.
pub(super) fn chunk(name: &[u8]) -> [u8; CHUNK] {
    let mut chunk = [0; CHUNK];
    for (cell, byte) in chunk.iter_mut().zip(name) {
        *cell = *byte;
    }
    chunk
}
