//! Every code once: its identity, its weight, and the text that `telovix explain` prints.

use super::Severity;

/// The stable identity of a kind of finding. Codes are declared beside the pass that reports them.
#[derive(Debug)]
pub struct Code {
    /// Kebab-case name, unique, never reused: `duplicate-key`.
    pub id: &'static str,
    /// One line, as a heading.
    pub title: &'static str,
    /// The weight unless the run sets another level.
    pub severity: Severity,
    /// What it does, why it matters and what to do instead. Markdown paragraphs.
    pub explanation: &'static str,
    /// A policy text on which the code is reported.
    pub fires: Example,
    /// The nearest policy text on which it is not.
    pub silent: Example,
}

/// A policy text that belongs to a code; tests hold each one to its word.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// One document file, as written.
    Text(&'static str),
    /// A text too long to print: what it is, and the function that makes it.
    Made(&'static str, fn() -> String),
    /// A situation that a policy text alone cannot show, in words (an unreadable file, say).
    /// The test that shows it is named in the words.
    Situation(&'static str),
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Code {}
