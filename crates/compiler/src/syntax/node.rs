//! The tree between text and documents: scalars stay text until a reader says what it expects.

use crate::source::{Span, Spanned};

/// One value of a document and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value, without indentation, comments and trailing line ends.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A scalar, unresolved: whether `443` is a number is for the reader of the field to say.
    Scalar {
        /// The text after unescaping. Empty when nothing was written.
        text: String,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping with text keys, in the order written.
    Mapping(Mapping),
    /// An alias or an oversized scalar. It was reported as an error where it stands, so a reader
    /// has nothing to add about it.
    Unreadable,
}

/// Whether a scalar can be anything but a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Written without quotes: may stand for null, a boolean or a number.
    Plain,
    /// Quoted, literal or folded: always a string.
    Quoted,
}

/// The entries of a mapping. Keys are unique: the parser reports duplicates and keeps the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// The entries, in the order written.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key and where it stands.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Mapping {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the key with its place and the value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }
}

impl Node {
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

    /// Returns the text of a scalar, whatever it stands for.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Sequence(_) | Value::Mapping(_) | Value::Unreadable => None,
        }
    }

    /// Returns the entries when the node is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Returns the items when the node is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }
}
