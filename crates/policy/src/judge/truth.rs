//! Results that may depend on fields an event lacks: Kleene's three-valued logic with reasons.

use super::{Field, Fields};

/// Whether something is true for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It depends on these fields.
    Unknown(Fields),
}

impl Truth {
    /// Returns the result that depends on these fields.
    pub(super) fn unknown(fields: impl IntoIterator<Item = Field>) -> Self {
        Self::Unknown(fields.into_iter().collect())
    }

    /// Returns the fields it depends on.
    pub(super) fn fields(self) -> Fields {
        match self {
            Self::Unknown(fields) => fields,
            Self::No | Self::Yes => Fields::default(),
        }
    }

    /// Both are true. The other one is evaluated only if needed.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match (self, self == Self::No) {
            (_, true) => Self::No,
            (Self::Unknown(one), _) => match other() {
                Self::No => Self::No,
                Self::Yes => self,
                Self::Unknown(two) => Self::Unknown(one.union(two)),
            },
            _ => other(),
        }
    }

    /// One of them is true.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        self.not().and(|| other().not()).not()
    }

    /// It is false.
    pub(super) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown(fields) => Self::Unknown(fields),
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
