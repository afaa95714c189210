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
        /// The text after unescaping.
        text: String,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping with text keys, in the order written.
    Mapping(Mapping),
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
        self.entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }
}
