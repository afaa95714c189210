//! Sets of system calls.

use std::collections::BTreeSet;

use crate::document::value::Syscall;

/// A set of system calls, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SyscallSet(BTreeSet<Syscall>);

impl SyscallSet {
    /// Returns the set of every call that has a name.
    #[must_use]
    pub fn all() -> Self {
        Self(Syscall::all().collect())
    }

    /// Tells whether a call is inside.
    #[must_use]
    pub fn contains(&self, syscall: Syscall) -> bool {
        self.0.contains(&syscall)
    }

    /// Returns what is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    /// Returns what is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// Returns what is not inside, among the calls that have a name.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self(Syscall::all().filter(|syscall| !self.0.contains(syscall)).collect())
    }

    /// Returns what is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    /// Tells whether nothing is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether everything inside is also in the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Returns a member, if there is one.
    #[must_use]
    pub fn witness(&self) -> Option<Syscall> {
        self.0.first().copied()
    }

    /// Returns each member, by name.
    pub fn iter(&self) -> impl Iterator<Item = Syscall> {
        self.0.iter().copied()
    }
}

impl FromIterator<Syscall> for SyscallSet {
    fn from_iter<I: IntoIterator<Item = Syscall>>(syscalls: I) -> Self {
        Self(syscalls.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::SyscallSet;
    use crate::document::value::Syscall;

    #[test]
    fn the_algebra_is_that_of_the_names() {
        let every_other: SyscallSet = Syscall::all().step_by(2).collect();
        let every_third: SyscallSet = Syscall::all().step_by(3).collect();
        for syscall in Syscall::all() {
            let (second, third) = (every_other.contains(syscall), every_third.contains(syscall));
            assert_eq!(every_other.union(&every_third).contains(syscall), second || third);
            assert_eq!(every_other.intersection(&every_third).contains(syscall), second && third);
            assert_eq!(every_other.difference(&every_third).contains(syscall), second && !third);
            assert_eq!(every_other.complement().contains(syscall), !second);
        }
        assert!(SyscallSet::all().complement().is_empty());
        assert!(!every_other.is_subset(&every_third));
    }
}
