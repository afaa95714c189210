//! Sets of system calls.

use crate::value::Syscall;

/// A set of system calls: one bit for each call that has a name, in the order of names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SyscallSet([u64; WORDS]);

const WORDS: usize = Syscall::COUNT.div_ceil(u64::BITS as usize);

impl SyscallSet {
    /// Returns the set of every call that has a name.
    #[must_use]
    pub fn all() -> Self {
        Syscall::all().collect()
    }

    /// Returns whether a call is inside.
    #[must_use]
    pub fn contains(&self, syscall: Syscall) -> bool {
        let (word, bit) = place(syscall);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Returns the union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left | right)
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & right)
    }

    /// Returns the complement among the calls that have a name.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::all().difference(self)
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & !right)
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Returns a member, if there is one.
    #[must_use]
    pub fn witness(&self) -> Option<Syscall> {
        self.iter().next()
    }

    /// Returns each member, by name.
    pub fn iter(&self) -> impl Iterator<Item = Syscall> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                // Clears the lowest bit.
                left &= left.checked_sub(1)?;
                Syscall::at(at * u64::BITS as usize + bit as usize)
            })
        })
    }

    fn combine(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = self.clone();
        for (word, other) in joined.0.iter_mut().zip(other.0) {
            *word = join(*word, other);
        }
        joined
    }
}

/// Returns the index of the word with the bit of a call, and the bit.
fn place(syscall: Syscall) -> (usize, u64) {
    let bits = u64::BITS as usize;
    (syscall.index() / bits, 1 << (syscall.index() % bits))
}

impl FromIterator<Syscall> for SyscallSet {
    fn from_iter<I: IntoIterator<Item = Syscall>>(syscalls: I) -> Self {
        let mut set = Self::default();
        for syscall in syscalls {
            let (word, bit) = place(syscall);
            if let Some(word) = set.0.get_mut(word) {
                *word |= bit;
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::SyscallSet;
    use crate::value::Syscall;

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
        assert_eq!(every_other.iter().collect::<Vec<_>>(), Syscall::all().step_by(2).collect::<Vec<_>>());
        assert!(SyscallSet::all().complement().is_empty());
        assert!(!every_other.is_subset(&every_third));
    }
}
