//! Results that may depend on fields an event lacks, or on facts that no event has.

use telovix_policy::judge::{Field, Fields};

use super::fact::{Assumptions, FactId, Facts};

/// What a result depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Fields that the event lacks.
    pub fields: Fields,
    /// Facts about the process or the kernel that events do not have.
    pub facts: Facts,
}

impl Needs {
    /// Returns whether it depends on nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.fields.is_empty() && self.facts.is_empty()
    }

    /// Returns what either depends on.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { fields: self.fields.union(other.fields), facts: self.facts.union(other.facts) }
    }
}

/// Whether something is true for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It does not hold.
    No,
    /// It holds.
    Yes,
    /// It depends on these.
    Open(Needs),
}

impl Truth {
    /// Returns the result that depends on a field.
    pub(super) fn field(field: Field) -> Self {
        Self::Open(Needs { fields: [field].into_iter().collect(), facts: Facts::default() })
    }

    /// Returns the result that depends on a fact, unless an assumption decides it.
    pub(super) fn fact(fact: FactId, assumed: Assumptions) -> Self {
        match assumed.of(fact) {
            Some(holds) => Self::from(holds),
            None => Self::Open(Needs { fields: Fields::default(), facts: fact.into() }),
        }
    }

    /// Both are true. The other one is evaluated only if needed.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Open(one) => match other() {
                Self::No => Self::No,
                Self::Yes => self,
                Self::Open(two) => Self::Open(one.union(two)),
            },
        }
    }

    /// Depends on what either depends on; on the one that is open if only one is.
    pub(super) fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open(one), Self::Open(two)) => Self::Open(one.union(two)),
            (Self::Open(_), _) => self,
            _ => other,
        }
    }

    /// It is false.
    pub(super) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Open(needs) => Self::Open(needs),
        }
    }

    /// Returns the result, or its opposite for a negated filter.
    pub(super) fn negate(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
