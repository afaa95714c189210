//! Checks regions of opens against conditions, for every path, every set of accesses and every pair of lists.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Action, Region};
use crate::confine::{Access, AccessSet, Condition, Operation, PathSet};
use crate::value::PathPattern;

/// One path of each part that the patterns distinguish.
const PATHS: [&str; 8] = ["/", "/a", "/a/b", "/a/b/x", "/a/x", "/ax", "/b", "/x"];

/// Conditions over two letters and three accesses.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let patterns = vec(select(vec!["/", "/a", "/a/", "/a*", "/a/b", "/b"]), 0..3);
    let accesses = vec(select(vec![Access::Read, Access::Write, Access::Link]), 0..3);
    let condition = (patterns, accesses).prop_map(|(patterns, accesses)| {
        let patterns: Vec<_> =
            patterns.into_iter().filter_map(|text| PathPattern::parse(text).ok()).collect();
        let paths: PathSet = patterns.iter().collect();
        Condition::Open { paths, accesses: accesses.into_iter().collect() }
    });
    vec(condition, 0..4)
}

fn region(conditions: &[Condition]) -> Region {
    let one = |condition| Region::of(Operation::Open, condition);
    conditions.iter().map(one).fold(Region::none(Operation::Open), |sum, next| sum.union(&next))
}

fn holds(conditions: &[Condition], path: &str, used: AccessSet) -> bool {
    conditions.iter().any(|condition| match condition {
        Condition::Open { paths, accesses } => accesses.intersects(used) && paths.contains(path),
        _ => false,
    })
}

/// Every path with every set of the accesses in conditions.
fn universe() -> impl Iterator<Item = (&'static str, AccessSet)> {
    let sets = (0..8_u8).map(|mask| {
        let accesses = [Access::Read, Access::Write, Access::Link].into_iter().zip(0..);
        accesses.filter(|(_, bit)| mask & (1 << bit) != 0).map(|(access, _)| access).collect::<AccessSet>()
    });
    sets.flat_map(|set| PATHS.map(|path| (path, set)))
}

proptest! {
    #[test]
    fn a_region_tells_conditions_apart_exactly(left in conditions(), right in conditions()) {
        let (one, two) = (region(&left), region(&right));
        let only = universe().any(|(path, used)| holds(&left, path, used) && !holds(&right, path, used));
        let rest = one.clone().difference(&two);
        prop_assert_eq!(rest.is_empty(), !only);
        prop_assert_eq!(rest.witness().is_some(), only);
        if let Some(Action::Open(path, access)) = rest.witness() {
            let used = AccessSet::default().with(access);
            prop_assert!(holds(&left, &path, used) && !holds(&right, &path, used), "{} {:?}", path, access);
        }
        let both = universe().any(|(path, used)| {
            used.iter().count() == 1 && holds(&left, path, used) && holds(&right, path, used)
        });
        prop_assert_eq!(one.clone().intersection(&two).is_empty(), !both);
        let same = universe().all(|(path, used)| holds(&left, path, used) == holds(&right, path, used));
        prop_assert_eq!(one == two, same);
    }
}

#[test]
fn every_event_and_none_are_complements() {
    for operation in Operation::ALL {
        let (every, none) = (Region::every(operation), Region::none(operation));
        assert!(none.is_empty() && none.witness().is_none());
        assert_eq!(every.clone().difference(&none), every);
        assert_eq!(every.clone().difference(&every), none);
        let action = every.witness();
        assert!(
            action.is_some_and(|action| every.contains(&action) && !none.contains(&action)),
            "{operation}"
        );
    }
}
