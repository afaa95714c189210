//! Sets of capabilities.

use crate::value::Capability;

/// A set of capabilities, as the kernel's bit mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CapabilitySet(u64);

/// Bits 0 to 40, the capabilities of kernels 5.9 to 7.2.
const ALL: u64 = (1 << 41) - 1;

impl CapabilitySet {
    /// Returns the set of all capabilities.
    #[must_use]
    pub fn all() -> Self {
        Self(ALL)
    }

    /// Returns the bit mask.
    #[must_use]
    pub fn mask(self) -> u64 {
        self.0
    }

    /// Returns whether a capability is inside.
    #[must_use]
    pub fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability.number()) != 0
    }

    /// Adds a capability.
    #[must_use]
    pub fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability.number())
    }

    /// Returns the union.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the complement.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(!self.0 & ALL)
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        self.intersection(other.complement())
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.witness().is_none()
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(self, other: Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Returns a member, if there is one.
    #[must_use]
    pub fn witness(self) -> Option<Capability> {
        self.iter().next()
    }

    /// Returns each member.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::all().filter(move |capability| self.contains(*capability))
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        Self(capabilities.into_iter().fold(0, |mask, capability| mask | 1 << capability.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::CapabilitySet;
    use crate::value::Capability;

    #[test]
    fn the_algebra_is_that_of_the_bits() {
        let all: Vec<_> = Capability::all().collect();
        let every_other: CapabilitySet = all.iter().copied().step_by(2).collect();
        let every_third: CapabilitySet = all.iter().copied().step_by(3).collect();
        for capability in all {
            let (second, third) = (capability.number() % 2 == 0, capability.number() % 3 == 0);
            assert_eq!(every_other.contains(capability), second);
            assert_eq!(every_other.union(every_third).contains(capability), second || third);
            assert_eq!(every_other.intersection(every_third).contains(capability), second && third);
            assert_eq!(every_other.difference(every_third).contains(capability), second && !third);
            assert_eq!(every_other.complement().contains(capability), !second);
        }
        assert!(CapabilitySet::all().complement().is_empty());
        assert!(every_other.intersection(every_third).is_subset(every_third));
        assert!(!every_other.is_subset(every_third));
    }
}
