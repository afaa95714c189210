//! YAML mapping -> its fields, checked against Tetragon's schema.

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_syntax::{Entry, Mapping, Node, Value, certainty, limits, nearest, quote};

use super::scalar::{EngineScalar, resolve};
use crate::Text;
use crate::codes::SCHEMA;

/// Largest value of the schema's `int32` format, which every integer field has.
const INT32_MOST: i128 = 2_147_483_647;

/// A mapping with known keys.
pub(super) struct Fields<'tree> {
    mapping: &'tree Mapping<'tree>,
    pub(super) span: Span,
    noun: &'static str,
}

impl<'tree> Fields<'tree> {
    /// Opens a mapping; reports any other type, and unknown keys.
    pub(super) fn open(
        node: &'tree Node<'tree>,
        noun: &'static str,
        keys: &'static [&'static str],
        sink: &mut Sink,
    ) -> Option<Self> {
        let Value::Mapping(mapping) = &node.value else {
            wrong_type(node, noun, sink);
            return None;
        };
        let most = sink.count() + limits::LIST_FINDINGS;
        for Entry { key, .. } in &mapping.entries {
            if sink.count() >= most {
                break;
            }
            if !keys.contains(&key.value.as_ref()) {
                let message = format!("{} is not a key of {noun}", quote(&key.value));
                let diagnostic = Diagnostic::new(&SCHEMA, key.span, message);
                sink.report(match nearest(&key.value, keys.iter().copied()) {
                    Some(near) if mapping.get(near).is_none() => diagnostic
                        .help(format!("did you mean `{near}`?"))
                        .fix_by(Fix::value(certainty(&key.value, near), key.span, near)),
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help(format!("expected one of `{}`", keys.join("`, `"))),
                });
            }
        }
        Some(Self { mapping, span: node.span, noun })
    }

    /// Returns the value of a key, null or not.
    pub(super) fn node(&self, key: &str) -> Option<&'tree Node<'tree>> {
        self.mapping.get(key)
    }

    /// Reports that a required key is missing.
    pub(super) fn report_missing(&self, key: &str, sink: &mut Sink) {
        let message = format!("{} has no `{key}`", self.noun);
        sink.report(Diagnostic::new(&SCHEMA, self.span, message).help(format!("add `{key}:`")));
    }

    /// Reads a string; a number, boolean or null is rejected.
    pub(super) fn text(&self, key: &str, sink: &mut Sink) -> Option<Text<'static>> {
        read_text(self.node(key)?, sink)
    }

    /// Reads a string that has a default; null means the default too.
    pub(super) fn text_or_null(&self, key: &str, sink: &mut Sink) -> Option<Text<'static>> {
        let node = self.node(key)?;
        if resolve(node) == Some(EngineScalar::Null) { None } else { read_text(node, sink) }
    }

    /// Reads a required string.
    pub(super) fn required_text(&self, key: &str, sink: &mut Sink) -> Option<Text<'static>> {
        if self.node(key).is_none() {
            self.report_missing(key, sink);
        }
        self.text(key, sink)
    }

    /// Reads a boolean that has a default; null means the default too.
    pub(super) fn boolean(&self, key: &str, sink: &mut Sink) -> Option<Spanned<bool>> {
        let node = self.node(key)?;
        match resolve(node) {
            Some(EngineScalar::Boolean(value)) => Some(Spanned::new(value, node.span)),
            Some(EngineScalar::Null) => None,
            _ => {
                wrong_type(node, "`true` or `false`", sink);
                None
            }
        }
    }

    /// Reads a boolean that is false when absent.
    pub(super) fn flag(&self, key: &str, sink: &mut Sink) -> bool {
        self.boolean(key, sink).is_some_and(|flag| flag.value)
    }

    /// Reads a non-negative number.
    pub(super) fn unsigned(&self, key: &str, sink: &mut Sink) -> Option<Spanned<u32>> {
        read_unsigned(self.node(key)?, sink)
    }

    /// Reads a number of either sign.
    pub(super) fn signed(&self, key: &str, sink: &mut Sink) -> Option<Spanned<i32>> {
        let node = self.node(key)?;
        let number = read_integer(node, -INT32_MOST - 1, sink)?;
        i32::try_from(number).ok().map(|number| Spanned::new(number, node.span))
    }

    /// Reads one of a set of keywords.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        all: &'static [T],
        name: fn(T) -> &'static str,
        sink: &mut Sink,
    ) -> Option<Spanned<T>> {
        let text = self.text(key, sink)?;
        if let Some(member) = all.iter().copied().find(|member| name(*member) == text.value) {
            return Some(Spanned::new(member, text.span));
        }
        let message = format!("{} is not a valid `{key}`", quote(&text.value));
        let diagnostic = Diagnostic::new(&SCHEMA, text.span, message);
        let words = || all.iter().map(|member| name(*member));
        sink.report(match nearest(&text.value, words()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix_by(Fix::value(
                certainty(&text.value, near),
                text.span,
                near,
            )),
            None => diagnostic.help(format!("write one of `{}`", words().collect::<Vec<_>>().join("`, `"))),
        });
        None
    }

    /// Reads one of a vocabulary's words that must be there.
    pub(super) fn required_word<T: Copy>(
        &self,
        key: &str,
        all: &'static [T],
        name: fn(T) -> &'static str,
        sink: &mut Sink,
    ) -> Option<Spanned<T>> {
        if self.node(key).is_none() {
            self.report_missing(key, sink);
        }
        self.word(key, all, name, sink)
    }

    /// Reads a list; a missing key is an empty list, null is rejected.
    pub(super) fn list<T>(
        &self,
        key: &str,
        sink: &mut Sink,
        mut read: impl FnMut(&'tree Node<'tree>, &mut Sink) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let Value::Sequence(items) = &node.value else {
            wrong_type(node, "a list", sink);
            return Vec::new();
        };
        let most = sink.count() + limits::LIST_FINDINGS;
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            if sink.count() >= most {
                break;
            }
            all.extend(read(item, sink));
        }
        all
    }

    /// Reads a list of strings.
    pub(super) fn texts(&self, key: &str, sink: &mut Sink) -> Vec<Text<'static>> {
        self.list(key, sink, read_text)
    }

    /// Reads a required list.
    pub(super) fn required_texts(&self, key: &str, sink: &mut Sink) -> Vec<Text<'static>> {
        if self.node(key).is_none() {
            self.report_missing(key, sink);
        }
        self.texts(key, sink)
    }

    /// Returns the entries of a mapping with arbitrary keys.
    pub(super) fn entries(&self, key: &str, sink: &mut Sink) -> &'tree [Entry<'tree>] {
        match self.node(key) {
            None => &[],
            Some(Node { value: Value::Mapping(mapping), .. }) => &mapping.entries,
            Some(node) => {
                wrong_type(node, "a mapping", sink);
                &[]
            }
        }
    }
}

/// Reads a string; a number, boolean or null is rejected.
pub(super) fn read_text(node: &Node, sink: &mut Sink) -> Option<Text<'static>> {
    if let Some(EngineScalar::Text(text)) = resolve(node) {
        return Some(Spanned::new(text.to_owned().into(), node.span));
    }
    wrong_type(node, "a string", sink);
    None
}

/// Reads a non-negative number.
pub(super) fn read_unsigned(node: &Node, sink: &mut Sink) -> Option<Spanned<u32>> {
    let number = read_integer(node, 0, sink)?;
    u32::try_from(number).ok().map(|number| Spanned::new(number, node.span))
}

/// Checks that a 64-bit number is not negative.
pub(super) fn read_long(node: &Node, sink: &mut Sink) -> Option<Spanned<()>> {
    read_ranged(node, 0, i128::from(i64::MAX), sink).map(|_| Spanned::new((), node.span))
}

fn read_integer(node: &Node, least: i128, sink: &mut Sink) -> Option<i128> {
    read_ranged(node, least, INT32_MOST, sink)
}

fn read_ranged(node: &Node, least: i128, most: i128, sink: &mut Sink) -> Option<i128> {
    match resolve(node) {
        Some(EngineScalar::Integer(number)) if (least..=most).contains(&number) => Some(number),
        Some(EngineScalar::Integer(number)) => {
            let message = format!("`{number}` is outside the range {least} to {most}");
            sink.report(Diagnostic::new(&SCHEMA, node.span, message));
            None
        }
        _ => {
            wrong_type(node, "a number", sink);
            None
        }
    }
}

/// Reports a value with the wrong type.
pub(super) fn wrong_type(node: &Node, expected: &str, sink: &mut Sink) {
    let (found, mend) = match (&node.value, resolve(node)) {
        (Value::Unreadable, _) => return,
        (Value::Sequence(_), _) => ("a list".to_owned(), None),
        (Value::Mapping(_), _) => ("a mapping".to_owned(), None),
        (_, Some(EngineScalar::Null)) => ("null".to_owned(), None),
        (Value::Scalar { text, .. }, Some(EngineScalar::Text(_))) => {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            (quote(text), (expected == "a number" && digits).then(|| text.to_string()))
        }
        (Value::Scalar { text, .. }, _) => {
            let kind =
                if matches!(resolve(node), Some(EngineScalar::Boolean(_))) { "boolean" } else { "number" };
            (format!("the {kind} {}", quote(text)), (expected == "a string").then(|| format!("\"{text}\"")))
        }
    };
    let diagnostic = Diagnostic::new(&SCHEMA, node.span, format!("expected {expected}, found {found}"));
    sink.report(match mend {
        Some(replacement) => diagnostic.help(format!("write `{replacement}`")).fix_by(Fix::new(
            Certainty::Meant,
            node.span,
            replacement,
        )),
        None if found == "null" => diagnostic.help("write a value, or remove the key"),
        None => diagnostic,
    });
}
