//! Sets of system calls.

use std::collections::BTreeSet;

use crate::document::value::Syscall;

/// A set of system calls, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SyscallSet(BTreeSet<Syscall>);

impl SyscallSet {
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
