//! Sets of several subjects -> few pairs of subjects and a set that together mean the same.
//!
//! A selector of Tetragon pairs a list of subjects with one condition, and a hook has few selectors. So the question
//! is which pairs (subjects, set) have each element of the set of each subject in one of them, and no other element.
//!
//! One pair for each distinct set always works. Where what the subjects do *not* have (their allowlists, without what
//! all allow) overlaps for no two of them, far fewer do: each subject gets a different code of `length` bits with the same
//! number of ones, and each bit becomes the pair of all subjects with a one and the intersection of their sets.
//! An element that is outside the set of one subject only is then still in a pair of any other subject: the codes of
//! two subjects differ, so the other one has a bit that the first does not have.

/// A set of a closed family.
pub(super) trait Set: Clone + PartialEq {
    /// Returns what is in both.
    fn intersection(&self, other: &Self) -> Self;
    /// Returns what is in one of them.
    fn union(&self, other: &Self) -> Self;
    /// Returns what is not in `other`.
    fn difference(&self, other: &Self) -> Self;
    /// Returns whether it has no element.
    fn is_empty(&self) -> bool;
}

/// Subjects and the set that is meant for each of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair<Set> {
    /// Positions of the subjects, in order.
    pub(super) subjects: Vec<usize>,
    /// What is meant.
    pub(super) set: Set,
}

/// Most distinct sets for which codes are tried: each set is repeated in several pairs, which takes space.
const CODED: usize = 256;
/// Fewer distinct sets than this need as many bits as sets.
const FEWEST_CODED: usize = 5;

/// Returns pairs that mean the given sets: an element is in the set of a subject if and only if it is in the set of a pair
/// with that subject.
pub(super) fn cover<S: Set>(sets: &[S]) -> Vec<Pair<S>> {
    let distinct = joined(sets);
    if !(FEWEST_CODED..=CODED).contains(&distinct.len()) {
        return distinct;
    }
    let Some(any) = distinct.iter().map(|pair| pair.set.clone()).reduce(|all, set| all.union(&set)) else {
        return distinct;
    };
    classes(distinct, &any).into_iter().flat_map(|class| code(class.members)).collect()
}

/// Returns one pair for each distinct set.
pub(super) fn joined<S: Set>(sets: &[S]) -> Vec<Pair<S>> {
    let mut distinct: Vec<Pair<S>> = Vec::new();
    for (subject, set) in sets.iter().enumerate().filter(|(_, set)| !set.is_empty()) {
        match distinct.iter_mut().find(|pair| pair.set == *set) {
            Some(pair) => pair.subjects.push(subject),
            None => distinct.push(Pair { subjects: vec![subject], set: set.clone() }),
        }
    }
    distinct
}

/// Sets of which no two leave out the same element, apart from those that all leave out.
struct Class<S> {
    members: Vec<Pair<S>>,
    /// What one of them leaves out.
    left_out: S,
}

/// Sorts sets into classes, each into the first one that it fits.
fn classes<S: Set>(distinct: Vec<Pair<S>>, any: &S) -> Vec<Class<S>> {
    let mut classes: Vec<Class<S>> = Vec::new();
    for pair in distinct {
        let left_out = any.difference(&pair.set);
        match classes.iter_mut().find(|class| class.left_out.intersection(&left_out).is_empty()) {
            Some(class) => {
                class.left_out = class.left_out.union(&left_out);
                class.members.push(pair);
            }
            None => classes.push(Class { members: vec![pair], left_out }),
        }
    }
    classes
}

/// Gives each set of a class a code, and returns a pair for each bit.
fn code<S: Set>(members: Vec<Pair<S>>) -> Vec<Pair<S>> {
    let (length, ones) = shape(members.len());
    if length >= members.len() {
        return members;
    }
    let codes: Vec<u32> = codes(ones).take(members.len()).collect();
    let of_bit = |bit: usize| {
        let chosen: Vec<&Pair<S>> = members
            .iter()
            .zip(&codes)
            .filter(|(_, code)| *code & (1 << bit) != 0)
            .map(|(member, _)| member)
            .collect();
        let set = chosen.iter().map(|member| member.set.clone()).reduce(|all, set| all.intersection(&set))?;
        let mut subjects: Vec<usize> = chosen.iter().flat_map(|member| member.subjects.clone()).collect();
        subjects.sort_unstable();
        (!set.is_empty()).then_some(Pair { subjects, set })
    };
    (0..length).filter_map(of_bit).collect()
}

/// Returns the fewest bits, and the number of ones among them, of which `count` different codes can be made.
fn shape(count: usize) -> (usize, usize) {
    let enough = |length: usize| {
        let ones = (length / 2).max(1);
        // Binomial coefficients, exact at each step.
        let codes = (1..=ones).fold(1, |product: usize, step| product * (length + 1 - step) / step);
        (codes >= count).then_some((length, ones))
    };
    (1..=usize::BITS as usize / 2).find_map(enough).unwrap_or((count, 1))
}

/// Returns numbers with so many ones, smallest first.
fn codes(ones: usize) -> impl Iterator<Item = u32> {
    let first = (1_u32 << ones) - 1;
    std::iter::successors(Some(first), |code| {
        let lowest = code & code.wrapping_neg();
        let carried = code.checked_add(lowest)?;
        Some((((carried ^ code) >> 2) / lowest) | carried)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Set, code, cover};

    impl Set for u64 {
        fn intersection(&self, other: &Self) -> Self {
            self & other
        }
        fn union(&self, other: &Self) -> Self {
            self | other
        }
        fn difference(&self, other: &Self) -> Self {
            self & !other
        }
        fn is_empty(&self) -> bool {
            *self == 0
        }
    }

    proptest! {
        #[test]
        fn pairs_mean_what_the_sets_mean(sets in prop::collection::vec(any::<u64>(), 0..40)) {
            check(&sets)?;
        }

        #[test]
        fn sparse_and_disjoint_lists_too(lists in prop::collection::vec(0_u32..64, 0..60), common: u64) {
            let sets: Vec<u64> = lists.iter().map(|bit| !((1 << bit) | common)).collect();
            check(&sets)?;
        }
    }

    fn check(sets: &[u64]) -> Result<(), TestCaseError> {
        let pairs = cover(sets);
        for (subject, set) in sets.iter().enumerate() {
            let of_subject = pairs.iter().filter(|pair| pair.subjects.contains(&subject));
            prop_assert_eq!(of_subject.fold(0, |all, pair| all | pair.set), *set);
        }
        prop_assert!(pairs.len() <= sets.len());
        Ok(())
    }

    #[test]
    fn disjoint_allowlists_take_few_pairs() {
        let sets: Vec<u64> = (0..64).map(|bit| !(1 << bit)).collect();
        assert_eq!(cover(&sets).len(), 8);
        assert_eq!(cover(&sets[..20]).len(), 6);
        assert_eq!(code::<u64>(Vec::new()).len(), 0);
    }
}
