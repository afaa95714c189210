//! The fields of a document kind as data: the reader, the JSON Schema and the docs all use these.

/// A mapping with named fields: a document kind or a part of one.
#[derive(Debug)]
pub struct Record {
    /// What a message calls it: `a guardian profile`.
    pub noun: &'static str,
    /// One or two sentences for the schema.
    pub description: &'static str,
    /// The fields, in the order in which people write them.
    pub fields: &'static [Field],
    /// What to do with other keys.
    pub other_keys: OtherKeys,
}

/// What a record does with keys that its fields do not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeys {
    /// Each is an error.
    Refused,
    /// They are for somebody else to read.
    Kept,
}

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// Whether it can be left out.
    pub presence: Presence,
    /// What values it takes.
    pub shape: Shape,
    /// One or two sentences for the schema.
    pub description: &'static str,
}

/// Whether a field can be left out, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It cannot.
    Required,
    /// It can; a null counts as left out.
    Optional,
    /// It can, and stands for this value then (in JSON notation).
    Default(&'static str),
    /// It can, and a null is refused because left out and empty mean opposite things.
    Distinct,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text.
    Text(Text),
    /// Any scalar but null, taken as it is written: `443` and `"443"` are the same.
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
    /// One of a few words.
    Choice(&'static [Choice]),
    /// A list.
    List(&'static Shape),
    /// A mapping with named fields.
    Record(&'static Record),
    /// A mapping from names of the user's choice.
    Map(&'static Shape),
}

/// What texts a field takes. The reader parses most of them with a type of their own; what stands
/// here is what a message, a suggestion and a schema say about them.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// What a message calls it: `text`, `an absolute path`.
    pub noun: &'static str,
    /// The fewest characters.
    pub least: usize,
    /// The most characters.
    pub most: usize,
    /// Whether line ends and tabs may stand in it.
    pub lines: Lines,
    /// A regular expression (ECMA 262) that every value matches, for the schema.
    pub pattern: Option<&'static str>,
    /// The words that are usually meant: for suggestions, and for completion in an editor.
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

/// A word that a field takes, and what it means.
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
