//! Byte prefixes with a value each, in one buffer, because a policy has hundreds of thousands of short ones.

use std::cmp::Ordering;

/// A list of byte prefixes, each with a value.
///
/// Lists to which equal entries were added in the same order are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrefixList<T> {
    /// The bytes of every prefix, in the order in which they were added.
    bytes: Vec<u8>,
    entries: Vec<Entry<T>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry<T> {
    /// Where the prefix is in the buffer.
    start: usize,
    end: usize,
    value: T,
}

impl<T> Default for PrefixList<T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), entries: Vec::new() }
    }
}

impl<T: Copy> PrefixList<T> {
    /// Returns an empty list with capacity for this many entries with this many bytes in total.
    pub fn with_capacity(entries: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), entries: Vec::with_capacity(entries) }
    }

    /// Adds the prefix that these parts make up.
    pub fn push<'part>(&mut self, parts: impl IntoIterator<Item = &'part [u8]>, value: T) {
        let start = self.bytes.len();
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.entries.push(Entry { start, end: self.bytes.len(), value });
    }

    /// Sorts the entries by prefix, then value. Their bytes are not moved.
    pub fn sort(&mut self)
    where
        T: Ord,
    {
        let bytes = self.bytes.as_slice();
        self.entries.sort_unstable_by(|left, right| {
            left.prefix(bytes).cmp(right.prefix(bytes)).then_with(|| left.value.cmp(&right.value))
        });
    }

    /// Returns the same prefixes with other values.
    pub fn map<U>(&self, convert: impl Fn(T) -> U) -> PrefixList<U> {
        let convert =
            |entry: &Entry<T>| Entry { start: entry.start, end: entry.end, value: convert(entry.value) };
        PrefixList { bytes: self.bytes.clone(), entries: self.entries.iter().map(convert).collect() }
    }

    /// Returns each value, mutable.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// Removes every entry and keeps the capacity.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Frees unused capacity.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the total bytes of all prefixes.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Returns an entry by its place in the order.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<(&[u8], T)> {
        self.entries.get(at).map(|entry| (entry.prefix(&self.bytes), entry.value))
    }

    /// Returns every entry in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], T)> {
        self.iter_from(0)
    }

    /// Returns the entries from a place on.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = (&[u8], T)> {
        let entries = self.entries.get(start..).expect("places come from this list");
        entries.iter().map(|entry| (entry.prefix(&self.bytes), entry.value))
    }

    /// Returns the place of the first entry that is not less than the searched one, in a sorted list.
    pub fn partition_point(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        self.entries.partition_point(|entry| before(entry.prefix(&self.bytes)))
    }

    /// Returns the value of the entry that compares equal, in a sorted list.
    pub fn find(&self, compare: impl Fn(&[u8]) -> Ordering) -> Option<T> {
        let at = self.entries.binary_search_by(|entry| compare(entry.prefix(&self.bytes))).ok()?;
        self.entries.get(at).map(|entry| entry.value)
    }
}

impl<T> Entry<T> {
    fn prefix<'bytes>(&self, bytes: &'bytes [u8]) -> &'bytes [u8] {
        bytes.get(self.start..self.end).expect("entries lie in the bytes of their list")
    }
}
