//! Sets of paths: byte prefixes with longest match, closed under every boolean operation.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

use crate::document::value::PathPattern;

/// A set of resolved paths.
///
/// A path is read as its bytes and a final NUL. The set is a map from byte prefixes to *inside* or
/// *outside*, and the longest prefix of a path decides; a prefix that ends in NUL is one exact path.
/// No entry repeats what its closest shorter entry says, so equal sets are equal values. This is also
/// what a longest-prefix-match map of the kernel does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PathSet {
    /// What holds for paths that no entry covers.
    everywhere: bool,
    entries: BTreeMap<Vec<u8>, bool>,
}

impl PathSet {
    /// Returns the set of all paths.
    #[must_use]
    pub fn all() -> Self {
        Self { everywhere: true, entries: BTreeMap::new() }
    }

    /// Tells whether a resolved path is inside.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        let mut bytes = Vec::with_capacity(path.len() + 1);
        bytes.extend_from_slice(path.as_bytes());
        bytes.push(0);
        self.covers(&bytes)
    }

    /// Returns what is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left || right)
    }

    /// Returns what is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left && right)
    }

    /// Returns what is not inside.
    #[must_use]
    pub fn complement(&self) -> Self {
        let entries = self.entries.iter().map(|(prefix, inside)| (prefix.clone(), !inside)).collect();
        Self { everywhere: !self.everywhere, entries }
    }

    /// Returns what is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left && !right)
    }

    /// Tells whether everything inside is also in the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).witness().is_none()
    }

    /// Returns what holds for paths that no prefix covers, and each prefix in byte order.
    pub fn prefixes(&self) -> (bool, impl Iterator<Item = (&[u8], bool)>) {
        (self.everywhere, self.entries.iter().map(|(prefix, inside)| (prefix.as_slice(), *inside)))
    }

    /// Returns a resolved path that is inside, if there is one.
    #[must_use]
    pub fn witness(&self) -> Option<String> {
        let root = (b"/".as_slice(), self.covers(b"/"));
        let regions = std::iter::once(root)
            .chain(self.entries.iter().map(|(prefix, inside)| (prefix.as_slice(), *inside)));
        regions.filter(|(_, inside)| *inside).find_map(|(prefix, _)| self.inhabitant(prefix))
    }

    /// Returns a resolved path below `prefix` that is inside and that no longer entry takes away.
    fn inhabitant(&self, prefix: &[u8]) -> Option<String> {
        if let Some(exact) = prefix.strip_suffix(&[0]) {
            return resolved(exact).filter(|path| self.contains(path));
        }
        let letters = (b'a'..=b'z').chain(b'0'..=b'9');
        let others = (1..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric());
        let bytes: Vec<u8> = letters.chain(others).collect();
        let extend = |tail: &[u8]| resolved(&[prefix, tail].concat()).filter(|path| self.contains(path));
        extend(b"x")
            .or_else(|| extend(b""))
            .or_else(|| bytes.iter().find_map(|byte| extend(&[*byte])))
            .or_else(|| {
                bytes.iter().find_map(|first| bytes.iter().find_map(|second| extend(&[*first, *second])))
            })
    }

    /// Tells what the longest entry that is a prefix of `bytes` says.
    fn covers(&self, bytes: &[u8]) -> bool {
        let mut bound = bytes;
        while let Some((prefix, inside)) = self.at_or_before(bound) {
            if bytes.starts_with(prefix) {
                return *inside;
            }
            let shared = prefix.iter().zip(bound).take_while(|(left, right)| left == right).count();
            bound = bound.get(..shared).unwrap_or_default();
        }
        self.everywhere
    }

    fn at_or_before(&self, bound: &[u8]) -> Option<(&Vec<u8>, &bool)> {
        self.entries.range::<[u8], _>((Bound::Unbounded, Bound::Included(bound))).next_back()
    }

    fn combine(&self, other: &Self, join: impl Fn(bool, bool) -> bool) -> Self {
        let mut merged =
            Self { everywhere: join(self.everywhere, other.everywhere), entries: BTreeMap::new() };
        let keys: std::collections::BTreeSet<&Vec<u8>> =
            self.entries.keys().chain(other.entries.keys()).collect();
        for key in keys {
            let inside = join(self.covers(key), other.covers(key));
            // Keys arrive in byte order, so every shorter entry that covers this one is in place.
            if merged.covers(key) != inside {
                merged.entries.insert(key.clone(), inside);
            }
        }
        merged
    }
}

impl<'pattern> FromIterator<&'pattern PathPattern> for PathSet {
    fn from_iter<I: IntoIterator<Item = &'pattern PathPattern>>(patterns: I) -> Self {
        let mut listed: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        for prefix in patterns.into_iter().flat_map(PathPattern::prefixes) {
            if let Entry::Vacant(entry) = listed.entry(prefix) {
                entry.insert(true);
            }
        }
        let mut entries: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        let mut last: Option<Vec<u8>> = None;
        for (prefix, inside) in listed {
            if last.as_ref().is_none_or(|last| !prefix.starts_with(last)) {
                last = Some(prefix.clone());
                entries.insert(prefix, inside);
            }
        }
        Self { everywhere: false, entries }
    }
}

/// Returns the bytes as a path if they are the resolved form of one.
fn resolved(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let relative = text.strip_prefix('/')?;
    let clean = relative.is_empty() || relative.split('/').all(|name| !matches!(name, "" | "." | ".."));
    (clean && !text.contains('\0')).then(|| text.to_owned())
}
