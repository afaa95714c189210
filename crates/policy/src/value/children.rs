//! What applies to the programs that a confined program starts.

/// What applies to a program that a confined binary starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Children {
    /// It has its own profile or none.
    Leave,
    /// It stays in this profile.
    Inherit,
}

impl Children {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Leave, Self::Inherit];

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Inherit => "inherit",
        }
    }
}
