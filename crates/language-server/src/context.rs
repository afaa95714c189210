//! A place -> the document kind and the field that it is in, also in unfinished text.
//!
//! The text around a cursor seldom parses, so this goes by lines and indentation, as an author does.

use std::collections::BTreeSet;

use telovix_document::KINDS;
use telovix_syntax::field::{Field, Record, Shape};

/// What is written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// A key of a mapping.
    Key,
    /// A value, or an item of a list.
    Value,
}

/// Where a place is.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The kind of the document; `None` while its `kind` is missing or unknown.
    pub record: Option<&'static Record>,
    /// The keys that lead to it; for a value, the last is its own.
    pub path: Vec<String>,
    /// What is written there.
    pub at: At,
    /// The keys that the same mapping has already.
    pub present: BTreeSet<String>,
}

impl Context {
    /// Finds out where an offset is. It must be on a character boundary.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let document = document_around(text, offset);
        let record = kind(document);
        let line_start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let mut open = Stack::default();
        let before = text.get(start_of(text, document)..line_start).unwrap_or_default();
        before.lines().for_each(|line| open.enter(line));
        let line = Line::of(text.get(line_start..offset).unwrap_or_default());
        open.leave(line.indentation);
        let mut path: Vec<String> = open.keys();
        let at = match line.key() {
            Some(key) => {
                path.push(key.to_owned());
                At::Value
            }
            None if line.is_item && !matches!(item_shape(record, &path), Some(Shape::Record(_))) => At::Value,
            None => At::Key,
        };
        let holder = if at == At::Key { path.as_slice() } else { &path[..path.len().saturating_sub(1)] };
        Self { record, present: keys_of(document, holder), path, at }
    }

    /// Returns what values may be here: the shape of the field, or of an item of its list.
    pub(crate) fn shape(&self) -> Option<&'static Shape> {
        item_shape_ref(self.record?, &self.path)
    }

    /// Returns the mapping that the keys here belong to.
    pub(crate) fn holder(&self) -> Option<&'static Record> {
        let path = match self.at {
            At::Key => self.path.as_slice(),
            At::Value => self.path.get(..self.path.len().saturating_sub(1))?,
        };
        let mut record = self.record?;
        for key in path {
            record = match unwrapped(&record.field(key)?.shape) {
                Shape::Record(record) => record,
                _ => return None,
            };
        }
        Some(record)
    }

    /// Returns the field of a value.
    pub(crate) fn field(&self) -> Option<&'static Field> {
        self.holder()?.field(self.path.last()?)
    }
}

fn item_shape(record: Option<&'static Record>, path: &[String]) -> Option<Shape> {
    item_shape_ref(record?, path).copied()
}

fn item_shape_ref(record: &'static Record, path: &[String]) -> Option<&'static Shape> {
    let (last, above) = path.split_last()?;
    let mut record = record;
    for key in above {
        record = match unwrapped(&record.field(key)?.shape) {
            Shape::Record(record) => record,
            _ => return None,
        };
    }
    Some(unwrapped(&record.field(last)?.shape))
}

/// The shape of the items of lists and of the values of maps.
fn unwrapped(shape: &'static Shape) -> &'static Shape {
    match shape {
        Shape::List(item) | Shape::Map(item) => unwrapped(item),
        other => other,
    }
}

/// A line without its indentation; dashes of list items count as indentation.
struct Line<'text> {
    indentation: usize,
    rest: &'text str,
    is_item: bool,
}

impl<'text> Line<'text> {
    fn of(line: &'text str) -> Self {
        let mut rest = line.trim_start_matches(' ');
        let mut is_item = false;
        while let Some(item) = rest.strip_prefix("- ").or_else(|| (rest == "-").then_some("")) {
            is_item = true;
            rest = item.trim_start_matches(' ');
        }
        Self { indentation: line.len() - rest.len(), rest, is_item }
    }

    /// The key of the line, if it has one.
    fn key(&self) -> Option<&'text str> {
        let (key, value) = self.rest.split_once(':')?;
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        let key = key.trim_matches(['"', '\'']);
        ((value.is_empty() || value.starts_with(' ')) && is_word(key)).then_some(key)
    }
}

/// The keys that are open, each with the indentation of its line.
#[derive(Default)]
struct Stack<'text> {
    open: Vec<(usize, &'text str)>,
}

impl<'text> Stack<'text> {
    fn enter(&mut self, line: &'text str) {
        let line = Line::of(line.trim_end());
        if line.rest.is_empty() || line.rest.starts_with('#') {
            return;
        }
        if let Some(key) = line.key() {
            self.leave(line.indentation);
            self.open.push((line.indentation, key));
        }
    }

    fn leave(&mut self, indentation: usize) {
        while self.open.last().is_some_and(|(open, _)| *open >= indentation) {
            self.open.pop();
        }
    }

    fn keys(&self) -> Vec<String> {
        self.open.iter().map(|(_, key)| (*key).to_owned()).collect()
    }
}

/// The text between the document markers around an offset.
fn document_around(text: &str, offset: usize) -> &str {
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_end() == "---" || line.starts_with("--- ") {
            if at > offset {
                return text.get(start..at).unwrap_or_default();
            }
            start = next.min(text.len());
        }
        at = next;
    }
    text.get(start..).unwrap_or_default()
}

/// Where a part of a text starts in it.
fn start_of(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn kind(document: &str) -> Option<&'static Record> {
    let value = |key: &str| {
        document.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim))
    };
    let name = match value("kind") {
        Some(name) => name.split(" #").next().unwrap_or_default().trim_matches(['"', '\'', ' ']),
        None if value("processes").is_some() => "RuntimeGuard",
        None => return None,
    };
    KINDS.iter().find(|kind| kind.name == name).map(|kind| kind.record)
}

/// The keys of the mapping that a path leads to.
fn keys_of(document: &str, path: &[String]) -> BTreeSet<String> {
    let mut open = Stack::default();
    let mut keys = BTreeSet::new();
    for line in document.lines() {
        open.enter(line);
        let here = open.keys();
        if let Some((key, above)) = here.split_last()
            && above == path
        {
            keys.insert(key.clone());
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::{At, Context};

    fn at(text: &str) -> Context {
        let offset = text.find('|').expect("a cursor");
        Context::of(&text.replacen('|', "", 1), offset)
    }

    #[test]
    fn a_place_is_found_by_its_indentation() {
        let cases = [
            ("kind: GuardianProfile\nmo|", At::Key, ""),
            ("kind: GuardianProfile\nmode: en|", At::Value, "mode"),
            ("kind: GuardianProfile\nblocked_syscalls:\n- pt|", At::Value, "blocked_syscalls"),
            ("kind: GuardianProfile\nblocked_syscalls: [ptrace, |]", At::Value, "blocked_syscalls"),
            ("kind: A\nx: 1\n---\nkind: RuntimeGuard\nprocesses:\n  - na|", At::Key, "processes"),
            ("kind: RuntimeGuard\nprocesses:\n  - name: x\n    mo|\n---\nkind: A\n", At::Key, "processes"),
        ];
        for (text, expected, path) in cases {
            let found = at(text);
            assert_eq!((found.at, found.path.join(".").as_str()), (expected, path), "{text}");
        }
    }

    #[test]
    fn present_keys_are_those_of_the_same_mapping() {
        let found = at("kind: RuntimeGuard\nprocesses:\n  - name: x\n    mode: audit\n    |\n");
        assert_eq!(found.present.into_iter().collect::<Vec<_>>(), ["mode", "name"]);
    }
}
