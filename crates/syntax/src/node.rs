//! Parsed YAML as a tree: scalars stay text until the reader of a field resolves them.

use std::borrow::Cow;

use telovix_diagnostic::source::{Span, Spanned};

/// One value of a document and its place. Text without escapes is borrowed from the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'text> {
    /// The bytes of the value, without indentation, comments and trailing line ends.
    pub span: Span,
    /// The value.
    pub value: Value<'text>,
}

/// The content of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'text> {
    /// An unresolved scalar: the reader of the field decides whether `443` is a number.
    Scalar {
        /// The text after unescaping. Empty when nothing was written.
        text: Cow<'text, str>,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A sequence.
    Sequence(Vec<Node<'text>>),
    /// A mapping with text keys, in the order written.
    Mapping(Mapping<'text>),
    /// An alias or an oversized scalar. It was already reported as an error, so a reader
    /// reports nothing more about it.
    Unreadable,
}

/// Whether a scalar can be anything but a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Written without quotes: may be null, a boolean or a number.
    Plain,
    /// Written without quotes over several lines, which YAML joins with spaces: always a string.
    Folded,
    /// Quoted, literal or folded: always a string.
    Quoted,
}

/// The entries of a mapping. Keys are unique: the parser reports duplicates and keeps the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping<'text> {
    /// The entries, in the order written.
    pub entries: Vec<Entry<'text>>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'text> {
    /// The key and its place.
    pub key: Spanned<Cow<'text, str>>,
    /// The value.
    pub value: Node<'text>,
}

impl<'text> Mapping<'text> {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'text>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the key with its place and the value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry<'text>> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }
}

impl<'text> Node<'text> {
    /// Returns the place of a message about the node as a whole: its first key, its opening bracket
    /// or dash, or all of a scalar.
    #[must_use]
    pub fn head(&self) -> Span {
        match &self.value {
            Value::Mapping(mapping) => mapping.entries.first().map_or(self.span, |entry| entry.key.span),
            // `[` and `-` are one byte.
            Value::Sequence(_) => {
                Span { end: self.span.start.saturating_add(1).min(self.span.end), ..self.span }
            }
            Value::Scalar { .. } | Value::Unreadable => self.span,
        }
    }

    /// Returns a copy that owns its text. The parser limits the depth of the tree.
    #[must_use]
    pub fn detached(&self) -> Node<'static> {
        let text = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
        let value = match &self.value {
            Value::Scalar { text: scalar, style } => Value::Scalar { text: text(scalar), style: *style },
            Value::Sequence(items) => Value::Sequence(items.iter().map(Node::detached).collect()),
            Value::Mapping(mapping) => {
                let entries = mapping.entries.iter().map(|Entry { key, value }| Entry {
                    key: Spanned::new(text(&key.value), key.span),
                    value: value.detached(),
                });
                Value::Mapping(Mapping { entries: entries.collect() })
            }
            Value::Unreadable => Value::Unreadable,
        };
        Node { span: self.span, value }
    }

    /// Returns the text of a scalar, whatever its type.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Sequence(_) | Value::Mapping(_) | Value::Unreadable => None,
        }
    }

    /// Returns the entries when the node is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping<'text>> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Returns the items when the node is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node<'text>]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }
}
