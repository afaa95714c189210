//! The values of a filter on paths -> a set that finds a path without a walk over all values.

use rustc_hash::FxHashSet;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    /// The whole text.
    Equal,
    /// Its beginning.
    Prefix,
    /// Its end.
    Postfix,
}

/// Texts, compared in one way.
#[derive(Debug, Clone)]
pub(super) struct TextSet {
    comparison: Comparison,
    /// As written, sorted.
    values: Vec<Box<str>>,
    index: Index,
}

#[derive(Debug, Clone)]
enum Index {
    /// Few values are compared one by one.
    Few,
    Equal(FxHashSet<Box<str>>),
    /// Values of which none is a prefix of another, sorted; reversed for postfixes.
    Ends(Vec<Box<[u8]>>),
}

/// Up to this many values are compared one by one.
const FEW: usize = 4;

impl TextSet {
    /// Builds a set.
    pub(super) fn new<'value>(comparison: Comparison, values: impl IntoIterator<Item = &'value str>) -> Self {
        let mut values: Vec<Box<str>> = values.into_iter().map(Box::from).collect();
        values.sort_unstable();
        values.dedup();
        let index = match comparison {
            _ if values.len() <= FEW => Index::Few,
            Comparison::Equal => Index::Equal(values.iter().cloned().collect()),
            Comparison::Prefix => Index::Ends(shortest(values.iter().map(|value| value.bytes().collect()))),
            Comparison::Postfix => {
                Index::Ends(shortest(values.iter().map(|value| value.bytes().rev().collect())))
            }
        };
        Self { comparison, values, index }
    }

    /// Returns how values are compared.
    pub(super) fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// Returns the values, sorted.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(AsRef::as_ref)
    }

    /// Returns whether a text matches one of the values.
    pub(super) fn contains(&self, text: &str) -> bool {
        match &self.index {
            Index::Few => self.values.iter().any(|value| self.matches(value, text)),
            Index::Equal(values) => values.contains(text),
            Index::Ends(ends) => {
                let reversed: Vec<u8>;
                let bytes = match self.comparison {
                    Comparison::Postfix => {
                        reversed = text.bytes().rev().collect();
                        reversed.as_slice()
                    }
                    _ => text.as_bytes(),
                };
                let after = ends.partition_point(|end| **end <= *bytes);
                let nearest = after.checked_sub(1).and_then(|at| ends.get(at));
                nearest.is_some_and(|end| bytes.starts_with(end))
            }
        }
    }

    fn matches(&self, value: &str, text: &str) -> bool {
        match self.comparison {
            Comparison::Equal => text == value,
            Comparison::Prefix => text.starts_with(value),
            Comparison::Postfix => text.ends_with(value),
        }
    }
}

/// Sorts texts and drops each that begins with another.
fn shortest(texts: impl Iterator<Item = Box<[u8]>>) -> Vec<Box<[u8]>> {
    let mut texts: Vec<Box<[u8]>> = texts.collect();
    texts.sort_unstable();
    let mut kept: Vec<Box<[u8]>> = Vec::with_capacity(texts.len());
    for text in texts {
        if kept.last().is_none_or(|shorter| !text.starts_with(shorter)) {
            kept.push(text);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Comparison, TextSet};

    #[test]
    fn the_index_agrees_with_the_values() {
        let values = ["/a", "/a/b", "/etc/", "/etc/ssh", "b", "/x/b", "/zz", "zz"];
        let texts = ["/a", "/ab", "/a/b", "/etc", "/etc/", "/etc/x", "/b", "/x/b", "/zz", "/z", "zz", "/"];
        for comparison in [Comparison::Equal, Comparison::Prefix, Comparison::Postfix] {
            let set = TextSet::new(comparison, values);
            for text in texts {
                let named = set.values().any(|value| set.matches(value, text));
                assert_eq!(set.contains(text), named, "{comparison:?} {text}");
            }
        }
    }
}
