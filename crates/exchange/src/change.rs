//! What a conversion changed.

/// One change, or one thing that was not changed because that would have made the policy weaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The line of the original, from 1.
    pub line: u32,
    /// What is there: a field, or an entry of a list.
    pub what: String,
    /// What was done with it and why.
    pub why: String,
    /// What that does to enforcement.
    pub effect: Effect,
}

/// What a change does to enforcement, compared with what the fields of the original say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Every event has the same verdict.
    Same,
    /// Some event is allowed by the original and not by the document.
    Stricter,
    /// Some event is denied by the original and not by the document.
    Weaker,
    /// It was kept as written: without it the policy would be weaker, and `compile` refuses it.
    Kept,
}

impl Effect {
    /// Returns the word in comments and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Stricter => "stricter",
            Self::Weaker => "weaker",
            Self::Kept => "kept",
        }
    }
}
