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
    /// Any part of it.
    Inside,
    /// Any part of it, if `A` to `Z` are `a` to `z` in both.
    InsideInAnyCase,
}

/// Texts, compared in one way.
#[derive(Debug, Clone)]
pub(super) struct TextSet {
    comparison: Comparison,
    /// As written, sorted.
    values: Vec<Box<str>>,
    /// What all values start with; end with, for postfixes. Most texts do not.
    common: Box<[u8]>,
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
            Comparison::Inside | Comparison::InsideInAnyCase => Index::Few,
            Comparison::Equal => Index::Equal(values.iter().cloned().collect()),
            Comparison::Prefix => Index::Ends(shortest(values.iter().map(|value| value.bytes().collect()))),
            Comparison::Postfix => {
                Index::Ends(shortest(values.iter().map(|value| value.bytes().rev().collect())))
            }
        };
        let common = common(comparison, &values);
        Self { comparison, values, common, index }
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
        let may_match = match self.comparison {
            Comparison::Equal | Comparison::Prefix => text.as_bytes().starts_with(&self.common),
            Comparison::Postfix => text.as_bytes().ends_with(&self.common),
            Comparison::Inside | Comparison::InsideInAnyCase => true,
        };
        may_match && self.finds(text)
    }

    fn finds(&self, text: &str) -> bool {
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
            Comparison::Inside => text.contains(value),
            Comparison::InsideInAnyCase => text.to_ascii_lowercase().contains(&value.to_ascii_lowercase()),
        }
    }
}

/// Returns what all values start with, or end with.
fn common(comparison: Comparison, values: &[Box<str>]) -> Box<[u8]> {
    let Some((first, rest)) = values.split_first() else { return Box::default() };
    if matches!(comparison, Comparison::Inside | Comparison::InsideInAnyCase) {
        return Box::default();
    }
    let shared = |one: &[u8], two: &[u8]| match comparison {
        Comparison::Postfix => {
            let length =
                one.iter().rev().zip(two.iter().rev()).take_while(|(left, right)| left == right).count();
            one.get(one.len() - length..).map(<[u8]>::to_vec)
        }
        _ => {
            let length = one.iter().zip(two).take_while(|(left, right)| left == right).count();
            one.get(..length).map(<[u8]>::to_vec)
        }
    };
    let whole = first.as_bytes().to_vec();
    rest.iter().fold(whole, |sum, next| shared(&sum, next.as_bytes()).unwrap_or_default()).into()
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
        for values in [&["/a", "/ab", "/abc"][..], &["x.conf", ".conf", "y.conf"], &[]] {
            for comparison in [Comparison::Equal, Comparison::Prefix, Comparison::Postfix] {
                let set = TextSet::new(comparison, values.iter().copied());
                for text in ["/a", "/abd", "/x", "a.conf", ".conf", "conf", ""] {
                    let named = set.values().any(|value| set.matches(value, text));
                    assert_eq!(set.contains(text), named, "{comparison:?} {text}");
                }
            }
        }
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
