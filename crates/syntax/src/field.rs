//! The fields of a document kind as data: the reader, the JSON Schema and the docs all use these.

/// A mapping with named fields: a document kind or a part of one.
#[derive(Debug)]
pub struct Record {
    /// What a message calls it: `a guardian profile`.
    pub noun: &'static str,
    /// One or two sentences for the schema.
    pub description: &'static str,
    /// The fields, in the order in which they are usually written.
    pub fields: &'static [Field],
    /// What to do with other keys.
    pub other_keys: OtherKeys,
}

/// What a record does with keys that its fields do not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeys {
    /// Each is an error.
    Refused,
    /// They are ignored: another program reads them.
    Kept,
}

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// Whether it can be left out.
    pub presence: Presence,
    /// What values it accepts.
    pub shape: Shape,
    /// One or two sentences for the schema.
    pub description: &'static str,
}

/// Whether a field can be left out, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is required.
    Required,
    /// It is optional; null is the same as left out.
    Optional,
    /// It is optional, with this default (in JSON notation).
    Default(&'static str),
    /// It is optional, and null is an error because left out and empty mean opposite things.
    Distinct,
}

/// What values a field accepts.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text.
    Text(Text),
    /// Any scalar but null, read as written: `443` and `"443"` are the same.
    Lexeme(Text),
    /// A whole number.
    Integer {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// One of a fixed set of words.
    Choice(&'static [Choice]),
    /// A list.
    List(&'static Shape),
    /// A mapping with named fields.
    Record(&'static Record),
    /// A mapping from names of the user's choice.
    Map(&'static Shape),
}

/// What texts a field accepts. The reader parses most of them with their own type; this is
/// what messages, suggestions and schemas say about them.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// What a message calls it: `text`, `an absolute path`.
    pub noun: &'static str,
    /// The fewest characters.
    pub least: usize,
    /// The most characters.
    pub most: usize,
    /// Whether it may contain line ends and tabs.
    pub lines: Lines,
    /// A regular expression (ECMA 262) that every value matches, for the schema.
    pub pattern: Option<&'static str>,
    /// The usual values: for suggestions, and for completion in an editor.
    pub known: Option<fn() -> Vec<String>>,
}

/// How many lines a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One, without control characters.
    One,
    /// Any number.
    Many,
}

/// A word that a field accepts, and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What it means, for the schema.
    pub description: &'static str,
}

impl Record {
    /// Returns the field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Shape {
    /// Returns what a message says was expected.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Text(text) | Self::Lexeme(text) => text.noun,
            Self::Integer { .. } => "a whole number",
            Self::Boolean => "`true` or `false`",
            Self::Choice(_) => "one word",
            Self::List(_) => "a list",
            Self::Record(record) => record.noun,
            Self::Map(_) => "a mapping",
        }
    }
}
