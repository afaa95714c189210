//! A code: the identity and severity of a kind of finding, and the text that `telovix explain` prints.

use super::{Severity, Treatment};

/// The stable identity of a kind of finding. Codes are declared next to the pass that reports them.
#[derive(Debug)]
pub struct Code {
    /// Kebab-case name, unique, never reused: `duplicate-key`.
    pub id: &'static str,
    /// One line, as a heading.
    pub title: &'static str,
    /// The severity unless the run sets another level.
    pub severity: Severity,
    /// What Tetragon does with a TracingPolicy that has the finding.
    pub tetragon: Treatment,
    /// Whether the run may set another level for it although it is an error.
    pub about: About,
    /// What it does, why it matters and what to do instead. Markdown paragraphs.
    pub explanation: &'static str,
    /// A policy for which the code is reported.
    pub fires: Example,
    /// The most similar policy for which it is not.
    pub silent: Example,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// What the policy means: no artifact would mean what the source says, so the level is fixed.
    Meaning,
    /// What a place accepts (a Tetragon, its budget, a naming rule): the artifact means what the source says, and only the
    /// operator knows whether the place takes it. The level can be lowered to a warning or a note.
    Place,
}

/// An example of a code; tests check each one.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// One document file, as written.
    Text(&'static str),
    /// A document too long to print: its description, and the function that makes it.
    Made(&'static str, fn() -> String),
    /// A description of a situation that a document alone cannot show, such as an unreadable file. It names the
    /// test that shows it.
    Situation(&'static str),
}

/// Declares the codes of a crate, each with the Markdown page of the same name in `code/` next to the file, and the list
/// of them: `codes! { NOT_ROOT = "not-root"; }`.
#[macro_export]
macro_rules! codes {
    ($($name:ident = $id:literal;)*) => {
        $(
            #[doc = concat!("The code `", $id, "`.")]
            pub static $name: $crate::Code = $crate::Code::page(include_str!(concat!("code/", $id, ".md")));
        )*

        /// Every code of this crate.
        pub const CODES: &[&$crate::Code] = &[$(&$name),*];
    };
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Code {}
