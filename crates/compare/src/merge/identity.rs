//! Trees of two files -> the documents and entries that correspond to each other.

use telovix_syntax::{Node, Value};

/// Returns whether two values mean the same: lists of scalars are sets, mappings have no order.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Scalar { text, .. }, Value::Scalar { text: other, .. }) => text == other,
        (Value::Sequence(one), Value::Sequence(two)) => match (scalars(one), scalars(two)) {
            (Some(mut one), Some(mut two)) => {
                one.sort_unstable();
                two.sort_unstable();
                one == two
            }
            _ => one.len() == two.len() && one.iter().zip(two).all(|(left, right)| same(left, right)),
        },
        (Value::Mapping(one), Value::Mapping(two)) => {
            let matches = |entry: &telovix_syntax::Entry| {
                two.get(&entry.key.value).is_some_and(|other| same(&entry.value, other))
            };
            one.entries.len() == two.entries.len() && one.entries.iter().all(matches)
        }
        _ => false,
    }
}

/// Returns the strings of a list of scalars; `None` if it has other items.
pub(super) fn scalars<'tree>(items: &'tree [Node<'_>]) -> Option<Vec<&'tree str>> {
    items.iter().map(Node::text).collect()
}

/// Returns the key of each item of a list; `None` if two items have the same key, or one has none.
pub(super) fn names(items: &[Node]) -> Option<Vec<String>> {
    let names: Option<Vec<String>> = items.iter().map(name).collect();
    let mut sorted = names.clone()?;
    sorted.sort_unstable();
    sorted.dedup();
    names.filter(|names| names.len() == sorted.len())
}

/// Returns the key of an item: its text, or the patterns of an exception, or the name of a waiver.
fn name(item: &Node) -> Option<String> {
    if let Some(text) = item.text() {
        return Some(text.to_owned());
    }
    let mapping = item.as_mapping()?;
    let text = |key: &str| mapping.get(key).and_then(Node::text);
    match (text("process"), text("parent"), text("name")) {
        (None, None, name) => name.map(|name| format!("name {name}")),
        (process, parent, _) => {
            Some(format!("process {} parent {}", process.unwrap_or("*"), parent.unwrap_or("*")))
        }
    }
}

/// Returns for each document of `left` the position of its counterpart in `right`: by id, then by name, then by binary.
pub(super) fn counterparts(left: &[Node], right: &[Node]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; left.len()];
    let mut taken = vec![false; right.len()];
    for key in [id, title, binary] {
        for (slot, document) in found.iter_mut().zip(left) {
            let wanted = key(document);
            if slot.is_some() || wanted.is_none() {
                continue;
            }
            let mut free = right.iter().enumerate().filter(|(at, _)| taken.get(*at) == Some(&false));
            let at = free.find(|(_, other)| key(other) == wanted).map(|(at, _)| at);
            if let Some(cell) = at.and_then(|at| taken.get_mut(at)) {
                *cell = true;
            }
            *slot = at;
        }
    }
    found
}

/// Returns the name of a document in messages.
pub(super) fn called(document: &Node) -> String {
    let (kind, name) = title(document).unwrap_or_default();
    match (kind.as_str(), name.as_str()) {
        ("", "") => "the document".to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, name) => format!("{kind} {name}"),
    }
}

type Key = Option<(String, String)>;

fn text(document: &Node, key: &str) -> Option<String> {
    document.as_mapping()?.get(key)?.text().map(str::to_owned)
}

fn kind(document: &Node) -> String {
    text(document, "kind").unwrap_or_else(|| "RuntimeGuard".to_owned())
}

fn id(document: &Node) -> Key {
    let version = || text(document, "version").unwrap_or_default();
    let pack = text(document, "pack_id").map(|pack| format!("{pack}/{}", version()));
    let id = text(document, "profile_id").or_else(|| text(document, "rule_id")).or(pack)?;
    Some((kind(document), id))
}

fn title(document: &Node) -> Key {
    let mapping = document.as_mapping()?;
    let guard = mapping.get("processes").map(|_| String::new());
    let engine = || mapping.get("metadata")?.as_mapping()?.get("name")?.text().map(str::to_owned);
    let pack = || text(document, "pack_id");
    Some((kind(document), text(document, "name").or_else(engine).or_else(pack).or(guard)?))
}

fn binary(document: &Node) -> Key {
    Some((kind(document), text(document, "target_binary")?))
}
