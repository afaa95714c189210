//! Facts that no event has, such as the process id: each once in a policy, with a key that is equal in every version of
//! the policy.

/// The number of a fact in its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactId(u8);

impl FactId {
    /// The fact that stands for all that have no number of their own; it is never assumed.
    pub const OTHERS: Self = Self(63);
}

/// A set of facts of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts(u64);

impl Facts {
    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the union.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether a fact is inside.
    #[must_use]
    pub fn contains(self, fact: FactId) -> bool {
        self.0 & (1 << fact.0) != 0
    }
}

impl From<FactId> for Facts {
    fn from(fact: FactId) -> Self {
        Self(1 << fact.0)
    }
}

/// What is assumed about facts. By default nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Assumptions {
    known: Facts,
    hold: Facts,
}

impl Assumptions {
    /// Adds that a fact holds, or does not.
    #[must_use]
    pub fn with(self, fact: FactId, holds: bool) -> Self {
        if fact == FactId::OTHERS {
            return self;
        }
        let bit = Facts::from(fact);
        let hold = if holds { self.hold.union(bit) } else { Facts(self.hold.0 & !bit.0) };
        Self { known: self.known.union(bit), hold }
    }

    pub(super) fn of(self, fact: FactId) -> Option<bool> {
        self.known.contains(fact).then(|| self.hold.contains(fact))
    }
}

/// Something that no event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Equal for equal conditions, in any policy.
    pub key: String,
    /// What it is, for a reader: `matchPIDs`.
    pub words: String,
}

/// The facts of a policy, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Register {
    facts: Vec<Fact>,
}

impl Register {
    /// Returns the number of a fact, a new one if it is not known yet.
    pub(super) fn number(&mut self, key: String, words: impl Into<String>) -> FactId {
        let known = self.facts.iter().position(|fact| fact.key == key);
        let at = known.unwrap_or(self.facts.len());
        match u8::try_from(at) {
            Ok(number) if number < FactId::OTHERS.0 => {
                if known.is_none() {
                    self.facts.push(Fact { key, words: words.into() });
                }
                FactId(number)
            }
            _ => FactId::OTHERS,
        }
    }

    /// Returns each fact and its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (FactId, &Fact)> {
        (0..).map(FactId).zip(&self.facts)
    }
}
