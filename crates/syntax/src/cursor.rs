//! A mapping node and the table of its fields -> typed field values, each mistake reported once.
//!
//! A function that reports a mistake returns `None`, so that the reader continues with the next field and all
//! mistakes of a document are reported in one run.

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Diagnostic, Fix, Sink};

use super::codes::{EMPTY_VALUE, MISSING_FIELD, OUT_OF_RANGE, TOO_MANY_ERRORS, UNKNOWN_KEY};
use super::field::{Field, OtherKeys, Presence, Record, Shape};
use super::limits;
use super::mismatch::{
    expectation, not_a_boolean, not_a_list, not_a_number, unknown_word, words, wrong_type,
};
use super::node::{Entry, Mapping, Node, Value};
use super::quote::quote;
use super::scalar::Scalar;
use super::suggest::{certainty, containing, nearest};
use super::text::{Refusal, parsed, scalar_text, warn_of_yaml_1_1};

/// How many unknown keys of one mapping are reported one by one.
const UNKNOWN_KEYS_LISTED: usize = 20;

/// A mapping that is read as a record.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'tree> {
    record: &'static Record,
    node: &'tree Node<'tree>,
    mapping: &'tree Mapping<'tree>,
}

impl<'tree> Cursor<'tree> {
    /// Opens a mapping. Reports a node of another type, unknown keys, and required keys that are absent.
    pub fn open(node: &'tree Node<'tree>, record: &'static Record, sink: &mut Sink) -> Option<Self> {
        let Value::Mapping(mapping) = &node.value else {
            wrong_type(node, &format!("a mapping with the keys of {}", record.noun), sink);
            return None;
        };
        let cursor = Self { record, node, mapping };
        if record.other_keys == OtherKeys::Refused {
            cursor.report_unknown_keys(sink);
        }
        cursor.report_absent_keys(sink);
        Some(cursor)
    }

    /// Returns the bytes of the whole mapping.
    #[must_use]
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Returns the value of a field, unless it is absent or null.
    #[must_use]
    pub fn value(&self, field: &Field) -> Option<&'tree Node<'tree>> {
        debug_assert!(self.record.field(field.name).is_some(), "{} is not in the table", field.name);
        self.mapping.get(field.name).filter(|node| !node.is_null())
    }

    /// Reads text.
    pub fn text(&self, field: &Field, sink: &mut Sink) -> Option<Spanned<String>> {
        let (Shape::Text(shape) | Shape::Lexeme(shape)) = &field.shape else { return None };
        let node = self.value(field)?;
        let text = scalar_text(node, &field.shape, shape, sink)?;
        warn_of_yaml_1_1(node, sink);
        Some(Spanned::new(text.to_owned(), node.span))
    }

    /// Reads text and makes a value of it.
    pub fn parsed<T>(
        &self,
        field: &Field,
        sink: &mut Sink,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Option<Spanned<T>> {
        parsed(self.value(field)?, &field.shape, sink, parse)
    }

    /// Reads a whole number. A field whose range does not fit `T` is a mistake in its table.
    pub fn integer<T: TryFrom<i64>>(&self, field: &Field, sink: &mut Sink) -> Option<Spanned<T>> {
        let Shape::Integer { least, most } = field.shape else { return None };
        let node = self.value(field)?;
        let Some(Scalar::Integer(number)) = node.scalar() else {
            not_a_number(node, sink);
            return None;
        };
        warn_of_yaml_1_1(node, sink);
        let Some(number) = i64::try_from(number).ok().filter(|number| (least..=most).contains(number)) else {
            let shown = quote(node.text().unwrap_or_default());
            let message = format!("{shown} is outside {least} to {most}");
            sink.report(Diagnostic::new(&OUT_OF_RANGE, node.span, message));
            return None;
        };
        T::try_from(number).ok().map(|number| Spanned::new(number, node.span))
    }

    /// Reads `true` or `false`.
    pub fn boolean(&self, field: &Field, sink: &mut Sink) -> Option<Spanned<bool>> {
        let node = self.value(field)?;
        if let Some(Scalar::Boolean(value)) = node.scalar() {
            return Some(Spanned::new(value, node.span));
        }
        not_a_boolean(node, sink);
        None
    }

    /// Reads one of a fixed set of words; `name` gives the word of each member of `all`.
    pub fn choice<T: Copy>(
        &self,
        field: &Field,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        sink: &mut Sink,
    ) -> Option<Spanned<T>> {
        word(self.value(field)?, &field.shape, field.name, all, name, sink)
    }

    /// Reads a list, each item by `read`; items that `read` refuses are left out.
    pub fn list<T>(
        &self,
        field: &Field,
        sink: &mut Sink,
        mut read: impl FnMut(&'tree Node<'tree>, &'static Shape, &mut Sink) -> Option<T>,
    ) -> Option<(Span, Vec<T>)> {
        let Shape::List(item) = field.shape else { return None };
        let node = self.value(field)?;
        let Value::Sequence(items) = &node.value else {
            not_a_list(node, item, sink);
            return None;
        };
        Some((node.span, capped(items, sink, |node, sink| read(node, item, sink))))
    }

    /// Reads a mapping from names of the user's choice.
    pub fn map(&self, field: &Field, sink: &mut Sink) -> Option<(Span, &'tree [Entry<'tree>])> {
        let node = self.value(field)?;
        let Value::Mapping(mapping) = &node.value else {
            wrong_type(node, field.shape.noun(), sink);
            return None;
        };
        Some((node.span, &mapping.entries))
    }

    fn report_unknown_keys(&self, sink: &mut Sink) {
        let names = || self.record.fields.iter().map(|field| field.name);
        let mut unknown =
            self.mapping.entries.iter().filter(|entry| self.record.field(&entry.key.value).is_none());
        let mut are_listed = false;
        for Entry { key, .. } in unknown.by_ref().take(UNKNOWN_KEYS_LISTED) {
            let message = format!("{} is not a key of {}", quote(&key.value), self.record.noun);
            let diagnostic = Diagnostic::new(&UNKNOWN_KEY, key.span, message);
            let near = nearest(&key.value, names());
            sink.report(match near.or_else(|| containing(&key.value, names())) {
                // A second entry with the right name would be another mistake.
                Some(name) if near.is_some() && self.mapping.entry(name).is_none() => diagnostic
                    .help(format!("did you mean `{name}`?"))
                    .fix_by(Fix::value(certainty(&key.value, name), key.span, name)),
                Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
                None if are_listed => diagnostic,
                None => {
                    are_listed = true;
                    diagnostic.help(format!("its keys are {}", words(names())))
                }
            });
        }
        if let Some(Entry { key, .. }) = unknown.next() {
            let message = format!("{} more unknown keys follow", unknown.count() + 1);
            sink.report(Diagnostic::new(&TOO_MANY_ERRORS, key.span, message));
        }
    }

    fn report_absent_keys(&self, sink: &mut Sink) {
        for field in self.record.fields {
            match (self.mapping.entry(field.name), field.presence) {
                (None, Presence::Required) => {
                    let message = format!("{} requires the key `{}`", self.record.noun, field.name);
                    let help = format!("add `{}:` with {}", field.name, expectation(&field.shape));
                    sink.report(Diagnostic::new(&MISSING_FIELD, self.node.head(), message).help(help));
                }
                (Some(entry), Presence::Required) if entry.value.is_null() => {
                    let message = format!("`{}` has no value", field.name);
                    let help = format!("write {}", expectation(&field.shape));
                    sink.report(Diagnostic::new(&MISSING_FIELD, entry.key.span, message).help(help));
                }
                (Some(entry), Presence::Distinct) if entry.value.is_null() => {
                    let message = format!(
                        "`{}` has no value, which could mean that nothing or everything is allowed",
                        field.name
                    );
                    let help = "write `[]` to allow nothing, or remove the key to leave it unconfined";
                    sink.report(Diagnostic::new(&EMPTY_VALUE, entry.key.span, message).help(help));
                }
                _ => {}
            }
        }
    }
}

/// Reads one of the words that a shape offers; `name` gives the word of each member of `all`.
pub fn word<T: Copy>(
    node: &Node,
    shape: &Shape,
    field: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    sink: &mut Sink,
) -> Option<Spanned<T>> {
    let Shape::Choice(choices) = shape else { return None };
    let Value::Scalar { text, .. } = &node.value else {
        wrong_type(node, shape.noun(), sink);
        return None;
    };
    let offered = choices.iter().any(|choice| choice.word == text);
    if let Some(member) = all.iter().copied().find(|member| offered && name(*member) == text) {
        return Some(Spanned::new(member, node.span));
    }
    unknown_word(node, text, field, choices, sink);
    None
}

/// Reads each member of a list or map, up to a limit of findings.
pub fn capped<'tree, M: Member, T>(
    members: &'tree [M],
    sink: &mut Sink,
    mut read: impl FnMut(&'tree M, &mut Sink) -> Option<T>,
) -> Vec<T> {
    let before = sink.count();
    let mut values = Vec::with_capacity(members.len());
    for member in members {
        values.extend(read(member, sink));
        if sink.count() - before > limits::LIST_FINDINGS {
            let message = "too many errors in this list; what follows this item was not read";
            sink.report(Diagnostic::new(&TOO_MANY_ERRORS, member.span(), message));
            break;
        }
    }
    values
}

/// A member of a list or map.
pub trait Member {
    /// Returns its place.
    fn span(&self) -> Span;
}

impl Member for Node<'_> {
    fn span(&self) -> Span {
        self.span
    }
}

impl Member for Entry<'_> {
    fn span(&self) -> Span {
        self.key.span
    }
}
