//! Two texts -> whether they contain the same documents and the same comments.

use super::Parsed;
use crate::{Mapping, Node, Value};

/// Returns whether only places, the order of top-level fields and quotes around text differ.
pub(super) fn equal(text: &str, before: &Parsed, formatted: &str, after: &Parsed) -> bool {
    let roots = before.trees.iter().zip(&after.trees);
    before.trees.len() == after.trees.len()
        && roots.into_iter().all(|(before, after)| same_document(&before.root, &after.root))
        && comments(text, before) == comments(formatted, after)
}

fn comments<'text>(text: &'text str, parsed: &Parsed) -> Vec<&'text str> {
    let spans = parsed.comments.iter().map(|comment| comment.span.start as usize..comment.span.end as usize);
    let mut words: Vec<&str> = spans.map(|span| text.get(span).unwrap_or_default().trim_end()).collect();
    words.sort_unstable();
    words
}

fn same_document(before: &Node, after: &Node) -> bool {
    let (Value::Mapping(old), Value::Mapping(new)) = (&before.value, &after.value) else {
        return same(before, after);
    };
    let kept = |key: &str, old: &Node| new.get(key).is_some_and(|new| same(old, new));
    old.entries.len() == new.entries.len()
        && old.entries.iter().all(|entry| kept(&entry.key.value, &entry.value))
}

fn same(before: &Node, after: &Node) -> bool {
    match (&before.value, &after.value) {
        (Value::Mapping(old), Value::Mapping(new)) => same_entries(old, new),
        (Value::Sequence(old), Value::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new))
        }
        // Plain text that was quoted resolves to the same text.
        (Value::Scalar { text: old, .. }, Value::Scalar { text: new, .. }) => {
            old == new && before.scalar() == after.scalar()
        }
        _ => false,
    }
}

fn same_entries(old: &Mapping, new: &Mapping) -> bool {
    let pairs = old.entries.iter().zip(&new.entries);
    old.entries.len() == new.entries.len()
        && pairs.into_iter().all(|(old, new)| old.key.value == new.key.value && same(&old.value, &new.value))
}
