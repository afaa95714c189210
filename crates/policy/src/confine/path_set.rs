//! Sets of paths: byte prefixes with longest match, closed under every boolean operation.

use std::cmp::Ordering;

use super::PrefixList;
use crate::value::PathPattern;

/// A set of resolved paths.
///
/// A path is read as its bytes and a final NUL. The set is a sorted list of byte prefixes, each
/// *inside* or *outside*, and the longest prefix of a path decides; a prefix that ends in NUL is one
/// exact path. No entry has the same value as its closest shorter entry, so equal sets are equal values.
/// A longest-prefix-match (LPM trie) map of the kernel works the same.
///
/// The universe is every absolute path without empty, `.` or `..` components, of any length. Patterns
/// contain no control characters, but paths may, so no list of patterns covers everything below a
/// prefix: each entry decides at least one path, which is what makes the list canonical.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PathSet {
    /// Whether paths that no entry covers are in the set.
    everywhere: bool,
    /// Sorted by prefix, and added in that order.
    entries: PrefixList<bool>,
}

/// A part of the universe that no pattern splits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// This one path.
    Path(String),
    /// Every path that starts with this text, and others.
    Stem(String),
}

/// The prefix of every path; its value applies everywhere.
const ROOT: &[u8] = b"/";

impl PathSet {
    /// Returns the set of all paths.
    #[must_use]
    pub fn all() -> Self {
        Self { everywhere: true, entries: PrefixList::default() }
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everywhere && self.entries.is_empty()
    }

    /// Returns whether the set contains every path.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.everywhere && self.entries.is_empty()
    }

    /// Returns whether a resolved path is inside.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        let path = path.as_bytes();
        // Compares an entry with the path and its final NUL, without building that.
        let exact = |entry: &[u8]| match entry.strip_prefix(path) {
            Some([]) => Ordering::Less,
            Some(rest) => rest.cmp(&[0]),
            None => entry.cmp(path),
        };
        self.entries.find(exact).unwrap_or_else(|| self.covers(path))
    }

    /// Returns whether some path below a directory is inside.
    #[must_use]
    pub fn reaches_below(&self, directory: &str) -> bool {
        let below = format!("{}/", directory.trim_end_matches('/')).into_bytes();
        let after = self.entries.partition_point(|entry| *entry < *below);
        let mut entries = self.entries.iter_from(after).take_while(|(entry, _)| entry.starts_with(&below));
        self.covers(&below) || entries.any(|(_, inside)| inside)
    }

    /// Returns the union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left || right)
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left && right)
    }

    /// Returns the complement.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { everywhere: !self.everywhere, entries: self.entries.map(|inside| !inside) }
    }

    /// Replaces the set by its complement.
    #[must_use]
    pub fn into_complement(mut self) -> Self {
        self.everywhere = !self.everywhere;
        self.entries.values_mut().for_each(|inside| *inside = !*inside);
        self
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left && !right)
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Returns the set in which the longest of these prefixes decides, and `everywhere` where none does. They are
    /// sorted, with at most as many entries and bytes as `room`.
    pub fn from_prefixes<'prefix>(
        everywhere: bool,
        prefixes: impl Iterator<Item = (&'prefix [u8], bool)>,
        room: (usize, usize),
    ) -> Self {
        let mut set = Builder::new(everywhere, room);
        for (prefix, inside) in prefixes {
            if prefix == ROOT {
                set.everywhere = inside;
            } else {
                set.add(prefix, inside);
            }
        }
        set.finish()
    }

    /// Returns whether paths without a prefix are in the set, and each prefix in byte order.
    pub fn prefixes(&self) -> (bool, impl Iterator<Item = (&[u8], bool)>) {
        (self.everywhere, self.entries.iter())
    }

    /// Returns a resolved path that is inside, if there is one.
    #[must_use]
    pub fn witness(&self) -> Option<String> {
        self.parts().find_map(|(prefix, inside)| inside.then(|| self.inhabitant(prefix)))
    }

    /// Returns one path of each listed part that is inside: a file and what is below it count as one.
    /// If every path that is not listed is inside, `familiar` represents them, unless it is listed.
    pub fn witnesses(&self, familiar: &str) -> impl Iterator<Item = String> {
        let below_listed_file = |prefix: &[u8]| {
            let file = prefix.strip_suffix(ROOT).map(|file| [file, &[0]].concat());
            file.and_then(|file| {
                self.at_or_before(&file).filter(|(entry, inside)| **entry == *file && *inside)
            })
        };
        let listed = [familiar.as_bytes(), &[0]].concat();
        let listed = self.entries.iter().any(|(entry, _)| listed.starts_with(entry));
        let unlisted = (self.everywhere && !listed).then(|| familiar.to_owned());
        let skip = usize::from(unlisted.is_some());
        let inside = self.parts().skip(skip).filter(|(_, inside)| *inside);
        let parts = inside
            .filter(move |(prefix, _)| *prefix == ROOT || below_listed_file(prefix).is_none())
            .map(|(prefix, _)| self.inhabitant(prefix));
        unlisted.into_iter().chain(parts)
    }

    /// Splits the universe along the prefixes of patterns: each pattern matches all paths of a cell or none.
    /// Returns for each cell its one path, or a stem that begins only paths of the cell.
    #[must_use]
    pub fn cells<'pattern>(patterns: impl IntoIterator<Item = &'pattern PathPattern>) -> Vec<Cell> {
        Self::cut(patterns.into_iter().flat_map(PathPattern::prefixes).collect())
    }

    /// Splits the universe along the prefixes of sets: each set contains all paths of a cell or none.
    #[must_use]
    pub fn cells_of_sets<'set>(sets: impl IntoIterator<Item = &'set Self>) -> Vec<Cell> {
        let prefixes = sets.into_iter().flat_map(|set| set.prefixes().1.map(|(prefix, _)| prefix.to_vec()));
        Self::cut(prefixes.collect())
    }

    fn cut(mut prefixes: Vec<Vec<u8>>) -> Vec<Cell> {
        prefixes.retain(|prefix| prefix != ROOT);
        prefixes.sort_unstable();
        prefixes.dedup();
        let mut cut = Self::default();
        prefixes.iter().for_each(|prefix| cut.entries.push([prefix.as_slice()], true));
        let cell = |(prefix, _): (&[u8], bool)| match prefix.last() {
            Some(0) => Cell::Path(cut.inhabitant(prefix)),
            _ => Cell::Stem(cut.inhabitant(prefix)),
        };
        cut.parts().map(cell).collect()
    }

    /// Returns one path of each part that an entry decides, and whether the part is inside: together
    /// they represent every path.
    pub fn regions(&self) -> impl Iterator<Item = (String, bool)> {
        self.parts().map(|(prefix, inside)| (self.inhabitant(prefix), inside))
    }

    fn parts(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let (everywhere, prefixes) = self.prefixes();
        std::iter::once((ROOT, everywhere)).chain(prefixes)
    }

    /// Returns a resolved path that starts with `prefix` and that no longer entry decides.
    fn inhabitant(&self, prefix: &[u8]) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if let Some(exact) = prefix.strip_suffix(&[0]) {
            return text(exact);
        }
        let stem = text(prefix);
        let after = self.entries.partition_point(|entry| entry <= prefix);
        let longer = || self.entries.iter_from(after).map_while(|(entry, _)| entry.strip_prefix(prefix));
        let free = |letter: &char| {
            let mut buffer = [0; 4];
            let bytes: &[u8] = letter.encode_utf8(&mut buffer).as_bytes();
            !longer().any(|rest| rest.starts_with(bytes))
        };
        let readable = ('a'..='z').cycle().skip(23).take(26).chain('0'..='9').chain("_-".chars());
        // U+0001 is in no pattern, so the search always ends.
        let letter = readable.chain('\u{a1}'..).find(free).unwrap_or('\u{1}');
        format!("{stem}{letter}")
    }

    /// Returns the value of the longest entry that is a prefix of `bytes`.
    fn covers(&self, bytes: &[u8]) -> bool {
        let mut bound = bytes;
        while let Some((prefix, inside)) = self.at_or_before(bound) {
            if bytes.starts_with(prefix) {
                return inside;
            }
            let shared = prefix.iter().zip(bound).take_while(|(left, right)| left == right).count();
            bound = bound.get(..shared).expect("a common prefix is not longer than either");
        }
        self.everywhere
    }

    fn at_or_before(&self, bound: &[u8]) -> Option<(&[u8], bool)> {
        let after = self.entries.partition_point(|prefix| prefix <= bound);
        after.checked_sub(1).and_then(|at| self.entries.get(at))
    }

    /// Joins two sets in one sweep over both lists: each stack holds the entries that are prefixes of
    /// the current one, so its top has the value of its set there.
    fn combine(&self, other: &Self, join: impl Fn(bool, bool) -> bool) -> Self {
        let bytes = self.entries.byte_count() + other.entries.byte_count();
        let room = (self.entries.len() + other.entries.len(), bytes);
        let mut set = Builder::new(join(self.everywhere, other.everywhere), room);
        let (mut left, mut right) = (Sweep::new(self), Sweep::new(other));
        loop {
            let prefix = match (left.next(), right.next()) {
                (Some(one), Some(two)) => one.min(two),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => break,
            };
            set.add(prefix, join(left.advance(prefix), right.advance(prefix)));
        }
        set.finish()
    }
}

/// Builds a set from sorted prefixes.
struct Builder {
    everywhere: bool,
    entries: PrefixList<bool>,
    /// The entries that are prefixes of the last one, which is among them; shortest first.
    open: Vec<usize>,
}

impl Builder {
    /// Starts a set with capacity for this many entries and bytes.
    fn new(everywhere: bool, (entries, bytes): (usize, usize)) -> Self {
        Self { everywhere, entries: PrefixList::with_capacity(entries, bytes), open: Vec::new() }
    }

    /// Adds a prefix unless its closest shorter one has the same value.
    fn add(&mut self, prefix: &[u8], inside: bool) {
        let around = loop {
            let Some(at) = self.open.last() else { break self.everywhere };
            match self.entries.get(*at) {
                Some((outer, around)) if prefix.starts_with(outer) => break around,
                _ => self.open.pop(),
            };
        };
        if inside != around {
            self.open.push(self.entries.len());
            self.entries.push([prefix], inside);
        }
    }

    fn finish(mut self) -> PathSet {
        self.entries.shrink_to_fit();
        PathSet { everywhere: self.everywhere, entries: self.entries }
    }
}

/// One of the two lists of a sweep: what comes next, and the entries that cover the current prefix.
struct Sweep<'set> {
    set: &'set PathSet,
    /// The place of the next entry.
    at: usize,
    covering: Vec<(&'set [u8], bool)>,
}

impl<'set> Sweep<'set> {
    fn new(set: &'set PathSet) -> Self {
        Self { set, at: 0, covering: Vec::new() }
    }

    fn next(&self) -> Option<&'set [u8]> {
        self.set.entries.get(self.at).map(|(prefix, _)| prefix)
    }

    /// Moves to a prefix that is not after the next entry, and returns the value of this set there.
    fn advance(&mut self, prefix: &[u8]) -> bool {
        while self.covering.last().is_some_and(|(entry, _)| !prefix.starts_with(entry)) {
            self.covering.pop();
        }
        if let Some(entry) = self.set.entries.get(self.at).filter(|(entry, _)| *entry == prefix) {
            self.covering.push(entry);
            self.at += 1;
        }
        self.covering.last().map_or(self.set.everywhere, |(_, inside)| *inside)
    }
}

impl<'pattern> FromIterator<&'pattern PathPattern> for PathSet {
    fn from_iter<I: IntoIterator<Item = &'pattern PathPattern>>(patterns: I) -> Self {
        let mut patterns: Vec<&PathPattern> = patterns.into_iter().collect();
        // Cheaper than sorting their prefixes, which are nearly sorted afterwards.
        patterns.sort_unstable_by_key(|pattern| pattern.stem());
        // A pattern is two prefixes at most, each a byte longer than its stem.
        let bytes: usize = patterns.iter().map(|pattern| 2 * (pattern.stem().len() + 1)).sum();
        let mut listed = PrefixList::with_capacity(2 * patterns.len(), bytes);
        for (stem, end) in patterns.into_iter().flat_map(PathPattern::stems) {
            listed.push([stem, end.as_slice()], true);
        }
        listed.sort();
        // A shorter prefix comes first and covers what follows it.
        Self::from_prefixes(false, listed.iter(), (listed.len(), listed.byte_count()))
    }
}

#[cfg(test)]
mod tests;
