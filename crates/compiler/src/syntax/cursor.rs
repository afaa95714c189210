//! A mapping node and the record it should be -> typed field values, each mistake reported once.
//!
//! Every function returns nothing after it has reported why, so that a reader goes on to the next
//! field and a person sees all mistakes of a document at once.

use super::codes::{
    CONTROL_CHARACTER, EMPTY_VALUE, MISSING_FIELD, OUT_OF_RANGE, TOO_LONG, TOO_MANY_ERRORS, UNKNOWN_KEY,
    UNKNOWN_VALUE, WRONG_TYPE, YAML_1_1_VALUE,
};
use super::field::{Choice, Field, Lines, OtherKeys, Presence, Record, Shape, Text};
use super::limits;
use super::node::{Entry, Mapping, Node, ScalarStyle, Value};
use super::quote::quote;
use super::scalar::Scalar;
use super::suggest::nearest;
use super::yaml11;
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::source::{Span, Spanned};

/// Most unknown keys of one mapping that are reported one by one.
const UNKNOWN_KEYS_LISTED: usize = 20;

/// A mapping that is read as a record.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'tree> {
    record: &'static Record,
    node: &'tree Node,
    mapping: &'tree Mapping,
}

/// Why a text is not what its field takes.
#[derive(Debug)]
pub struct Refusal {
    /// The code to report.
    pub code: &'static Code,
    /// Follows the quoted text: `is not absolute`.
    pub problem: String,
    /// What to write instead.
    pub help: String,
}

impl<'tree> Cursor<'tree> {
    /// Opens a mapping. Reports a node of another type, unknown keys, and required keys that are absent.
    pub fn open(node: &'tree Node, record: &'static Record, sink: &mut Sink) -> Option<Self> {
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
    pub fn value(&self, field: &Field) -> Option<&'tree Node> {
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
            wrong_type(node, field.shape.noun(), sink);
            return None;
        };
        warn_of_yaml_1_1(node, sink);
        let Some(number) = i64::try_from(number).ok().filter(|number| (least..=most).contains(number)) else {
            let message = format!("{} is outside {least} to {most}", quote_node(node));
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
        wrong_type(node, field.shape.noun(), sink);
        None
    }

    /// Reads one of a few words; `name` gives the word of each member of `all`.
    pub fn choice<T: Copy>(
        &self,
        field: &Field,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        sink: &mut Sink,
    ) -> Option<Spanned<T>> {
        let Shape::Choice(choices) = &field.shape else { return None };
        let node = self.value(field)?;
        let Value::Scalar { text, .. } = &node.value else {
            wrong_type(node, field.shape.noun(), sink);
            return None;
        };
        if let Some(member) = all.iter().copied().find(|member| name(*member) == text) {
            return Some(Spanned::new(member, node.span));
        }
        report_unknown_word(node, text, field.name, choices, sink);
        None
    }

    /// Reads a list, each item by `read`; items that `read` refuses are left out.
    pub fn list<T>(
        &self,
        field: &Field,
        sink: &mut Sink,
        mut read: impl FnMut(&'tree Node, &'static Shape, &mut Sink) -> Option<T>,
    ) -> Option<(Span, Vec<T>)> {
        let Shape::List(item) = field.shape else { return None };
        let node = self.value(field)?;
        let Value::Sequence(items) = &node.value else {
            report_not_a_list(node, item, sink);
            return None;
        };
        Some((node.span, capped(items, sink, |node, sink| read(node, item, sink))))
    }

    /// Reads a mapping from names of the user's choice.
    pub fn map(&self, field: &Field, sink: &mut Sink) -> Option<(Span, &'tree [Entry])> {
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
            sink.report(match nearest(&key.value, names()) {
                Some(name) => diagnostic.help(format!("did you mean `{name}`?")).fix(key.span, name),
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
                    let message = format!("{} needs the key `{}`", self.record.noun, field.name);
                    let help = format!("add `{}:` with {}", field.name, expectation(&field.shape));
                    sink.report(Diagnostic::new(&MISSING_FIELD, self.node.head(), message).help(help));
                }
                (Some(entry), Presence::Required) if entry.value.is_null() => {
                    let message = format!("`{}` has no value", field.name);
                    let help = format!("write {}", expectation(&field.shape));
                    sink.report(Diagnostic::new(&MISSING_FIELD, entry.key.span, message).help(help));
                }
                (Some(entry), Presence::Distinct) if entry.value.is_null() => {
                    let message =
                        format!("`{}` has no value, which could mean nothing or anything", field.name);
                    let help = "write `[]` to allow nothing, or remove the key to leave it unconfined";
                    sink.report(Diagnostic::new(&EMPTY_VALUE, entry.key.span, message).help(help));
                }
                _ => {}
            }
        }
    }
}

/// Reads each member of a list or map, until there are more findings than anybody reads.
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
            let message = "there are too many errors here; what follows this item was not read";
            sink.report(Diagnostic::new(&TOO_MANY_ERRORS, member.span(), message));
            break;
        }
    }
    values
}

/// A member of a list or map.
pub trait Member {
    /// Returns where it stands.
    fn span(&self) -> Span;
}

impl Member for Node {
    fn span(&self) -> Span {
        self.span
    }
}

impl Member for Entry {
    fn span(&self) -> Span {
        self.key.span
    }
}

/// Reads a scalar node and makes a value of its text.
pub fn parsed<T>(
    node: &Node,
    shape: &Shape,
    sink: &mut Sink,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<Spanned<T>> {
    let (Shape::Text(limits) | Shape::Lexeme(limits)) = shape else { return None };
    let text = scalar_text(node, shape, limits, sink)?;
    match parse(text) {
        Ok(value) => {
            warn_of_yaml_1_1(node, sink);
            Some(Spanned::new(value, node.span))
        }
        Err(refusal) => {
            let message = format!("{} {}", quote(text), refusal.problem);
            let mut diagnostic = Diagnostic::new(refusal.code, node.span, message);
            let near = limits.known.and_then(|known| {
                let known = known();
                nearest(text, known.iter().map(String::as_str)).map(str::to_owned)
            });
            if let Some(near) = near {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(node.span, near);
            } else {
                diagnostic = diagnostic.help(refusal.help);
            }
            sink.report(diagnostic);
            None
        }
    }
}

/// Reads the text of a scalar node and holds it against the limits of its field.
fn scalar_text<'tree>(
    node: &'tree Node,
    shape: &Shape,
    limits: &Text,
    sink: &mut Sink,
) -> Option<&'tree str> {
    let text = match (&node.value, node.scalar()) {
        (_, Some(Scalar::Text(text))) => text,
        (Value::Scalar { text, .. }, Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Float))
            if matches!(shape, Shape::Lexeme(_)) =>
        {
            text
        }
        _ => {
            wrong_type(node, limits.noun, sink);
            return None;
        }
    };
    let is_refused = |character: &char| {
        character.is_control() && !(limits.lines == Lines::Many && matches!(character, '\n' | '\t'))
    };
    // Control characters are below U+0020 or take two bytes or more, save one.
    let is_suspect = |byte: u8| !(b' '..0x7f).contains(&byte);
    if text.bytes().any(is_suspect)
        && let Some(control) = text.chars().find(is_refused)
    {
        let message = format!("{} holds the control character U+{:04X}", quote(text), u32::from(control));
        let help = if control == '\n' { "write it on one line" } else { "remove it" };
        sink.report(Diagnostic::new(&CONTROL_CHARACTER, node.span, message).help(help));
        return None;
    }
    let length = if text.len() <= limits.most { text.len() } else { text.chars().count() };
    if length > limits.most {
        let message = format!("this text has {length} characters, more than the {} it may have", limits.most);
        sink.report(Diagnostic::new(&TOO_LONG, node.span, message).help("shorten it"));
        return None;
    }
    if length < limits.least || (limits.least > 0 && text.trim_start().is_empty()) {
        let message = format!("expected {}, found empty text", limits.noun);
        sink.report(Diagnostic::new(&EMPTY_VALUE, node.span, message));
        return None;
    }
    Some(text)
}

/// Warns of a plain scalar that YAML 1.1 reads differently.
pub fn warn_of_yaml_1_1(node: &Node, sink: &mut Sink) {
    let Value::Scalar { text, style: ScalarStyle::Plain } = &node.value else { return };
    let Some(other) = yaml11::surprise(text) else { return };
    let here = match node.scalar() {
        Some(Scalar::Integer(number)) => format!("the number {number}"),
        _ => "text".to_owned(),
    };
    let message = format!("{} is {here} here, and {other} for a YAML 1.1 reader", quote(text));
    let quoted = format!("\"{text}\"");
    let diagnostic = Diagnostic::new(&YAML_1_1_VALUE, node.span, message);
    sink.report(if here == "text" {
        diagnostic.help(format!("quote it: `{quoted}`")).fix(node.span, quoted)
    } else {
        diagnostic.help("write the number without a leading zero")
    });
}

/// Reports a node of another type than its field.
pub fn wrong_type(node: &Node, expected: &str, sink: &mut Sink) {
    let found = match (&node.value, node.scalar()) {
        // Reported where it stands.
        (Value::Unreadable, _) => return,
        (Value::Sequence(_), _) => "a list".to_owned(),
        (Value::Mapping(_), _) => "a mapping".to_owned(),
        (_, Some(Scalar::Null)) => "nothing".to_owned(),
        (_, Some(Scalar::Boolean(_))) => format!("the boolean {}", quote_node(node)),
        (_, Some(Scalar::Integer(_) | Scalar::Float)) => format!("the number {}", quote_node(node)),
        (_, Some(Scalar::Text(text))) => format!("the text {}", quote(text)),
        (Value::Scalar { .. }, None) => "a scalar".to_owned(),
    };
    let diagnostic = Diagnostic::new(&WRONG_TYPE, node.span, format!("expected {expected}, found {found}"));
    sink.report(match mend(node, expected) {
        Some((help, replacement)) => diagnostic.help(help).fix(node.span, replacement),
        None if is_document_in_text(node) => {
            diagnostic.help("write it as keys and values, without `|` or quotes")
        }
        None => diagnostic,
    });
}

/// Tells whether a text is itself YAML: `policy: |` with a document below.
fn is_document_in_text(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, style: ScalarStyle::Quoted } if text.contains(":") && text.contains('\n'))
}

/// Finds the one obvious way to write the value that was meant.
fn mend(node: &Node, expected: &str) -> Option<(String, String)> {
    let Value::Scalar { text, style } = &node.value else { return None };
    let resolved = node.scalar()?;
    if expected == Shape::Boolean.noun() {
        let word = match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => "true",
            "false" | "no" | "off" | "n" | "0" => "false",
            _ => return None,
        };
        return Some((format!("write `{word}`"), word.to_owned()));
    }
    if expected == (Shape::Integer { least: 0, most: 0 }).noun() {
        let digits = text.replace(['_', ','], "");
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let problem = if *style == ScalarStyle::Quoted { "without quotes" } else { "in digits only" };
        return is_number.then(|| (format!("write `{digits}`, {problem}"), digits));
    }
    let is_plain = matches!(resolved, Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Float);
    (is_plain && expected == "text").then(|| (format!("quote it: `\"{text}\"`"), format!("\"{text}\"")))
}

fn report_not_a_list(node: &Node, item: &Shape, sink: &mut Sink) {
    match (&node.value, item) {
        (Value::Scalar { text, .. }, Shape::Text(_) | Shape::Lexeme(_)) => {
            let message = format!("expected a list, found {}", quote(text));
            let diagnostic = Diagnostic::new(&WRONG_TYPE, node.span, message);
            sink.report(
                diagnostic.help("write each item on a line of its own after `- `, or all in `[` and `]`"),
            );
        }
        _ => wrong_type(node, "a list", sink),
    }
}

/// Says what to write for a field that is absent.
fn expectation(shape: &Shape) -> String {
    match shape {
        Shape::Choice(choices) => format!("one of {}", words(choices.iter().map(|choice| choice.word))),
        other => other.noun().to_owned(),
    }
}

fn report_unknown_word(node: &Node, text: &str, field: &str, choices: &[Choice], sink: &mut Sink) {
    let message = format!("{} is not a value of `{field}`", quote(text));
    let diagnostic = Diagnostic::new(&UNKNOWN_VALUE, node.span, message);
    let choices = || choices.iter().map(|choice| choice.word);
    sink.report(match nearest(text, choices()) {
        Some(word) => diagnostic.help(format!("did you mean `{word}`?")).fix(node.span, word),
        None => diagnostic.help(format!("write one of {}", words(choices()))),
    });
}

fn quote_node(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, .. } => quote(text),
        Value::Sequence(_) | Value::Mapping(_) | Value::Unreadable => String::new(),
    }
}

fn words<'word>(words: impl Iterator<Item = &'word str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
