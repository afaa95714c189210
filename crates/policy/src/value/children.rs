//! What applies to the programs that a confined program starts.

use strum::VariantArray;

/// What applies to a program that a confined binary starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Children {
    /// It has its own profile or none.
    Leave,
    /// It stays in this profile.
    Inherit,
}

impl Children {
    /// Every choice.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
