//! The direction of a change: equal, narrower, wider or incomparable.

use std::fmt;

/// The direction of a change, by the events that are allowed after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Direction {
    /// Every event has the effect it had.
    #[default]
    Equal,
    /// Some events get a stronger effect, none a weaker one.
    Narrower,
    /// Some events get a weaker effect, none a stronger one.
    Wider,
    /// Some events get a stronger effect, others a weaker one.
    Incomparable,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Self; 4] = [Self::Equal, Self::Narrower, Self::Wider, Self::Incomparable];

    /// Returns the name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Incomparable => "incomparable",
        }
    }

    /// Returns whether some event gets a weaker effect.
    #[must_use]
    pub fn widens(self) -> bool {
        matches!(self, Self::Wider | Self::Incomparable)
    }

    /// Returns whether some event gets a stronger effect.
    #[must_use]
    pub fn narrows(self) -> bool {
        matches!(self, Self::Narrower | Self::Incomparable)
    }

    /// Returns the direction of two changes together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.widens() || other.widens(), self.narrows() || other.narrows()) {
            (false, false) => Self::Equal,
            (false, true) => Self::Narrower,
            (true, false) => Self::Wider,
            (true, true) => Self::Incomparable,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
