//! Checks path sets against boolean expressions over patterns, on every path of a small universe.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Cell, PathSet};
use crate::value::PathPattern;

/// A boolean expression over pattern lists, and the set it should be.
#[derive(Debug, Clone)]
enum Expression {
    Listed(Vec<PathPattern>),
    Union(Box<Self>, Box<Self>),
    Intersection(Box<Self>, Box<Self>),
    Difference(Box<Self>, Box<Self>),
    Complement(Box<Self>),
}

impl Expression {
    fn holds(&self, path: &str) -> bool {
        match self {
            Self::Listed(patterns) => patterns.iter().any(|pattern| pattern.contains(path)),
            Self::Union(left, right) => left.holds(path) || right.holds(path),
            Self::Intersection(left, right) => left.holds(path) && right.holds(path),
            Self::Difference(left, right) => left.holds(path) && !right.holds(path),
            Self::Complement(inner) => !inner.holds(path),
        }
    }

    fn set(&self) -> PathSet {
        match self {
            Self::Listed(patterns) => patterns.iter().collect(),
            Self::Union(left, right) => left.set().union(&right.set()),
            Self::Intersection(left, right) => left.set().intersection(&right.set()),
            Self::Difference(left, right) => left.set().difference(&right.set()),
            Self::Complement(inner) => inner.set().complement(),
        }
    }
}

/// Patterns of at most four bytes over two letters; a third letter stays free for witnesses.
fn pattern() -> impl Strategy<Value = PathPattern> {
    "/[ab]{0,2}(/[ab]?)?[*]?".prop_filter_map("a pattern", |text| PathPattern::parse(&text).ok())
}

fn expression() -> impl Strategy<Value = Expression> {
    let listed = vec(pattern(), 0..4).prop_map(Expression::Listed);
    listed.prop_recursive(4, 16, 2, |inner| {
        let pair = (inner.clone(), inner.clone()).prop_map(|(left, right)| (Box::new(left), Box::new(right)));
        prop_oneof![
            pair.clone().prop_map(|(left, right)| Expression::Union(left, right)),
            pair.clone().prop_map(|(left, right)| Expression::Intersection(left, right)),
            pair.prop_map(|(left, right)| Expression::Difference(left, right)),
            inner.prop_map(|inner| Expression::Complement(Box::new(inner))),
        ]
    })
}

/// Every resolved path of at most five bytes over the letters of the patterns and one more.
fn universe() -> Vec<String> {
    let mut paths = vec!["/".to_owned()];
    let mut longest = paths.clone();
    for _ in 0..5 {
        longest = longest
            .iter()
            .flat_map(|path| ["a", "b", "x", "/"].map(|next| format!("{path}{next}")))
            .collect();
        paths.extend(longest.iter().filter(|path| !path.ends_with('/') && !path.contains("//")).cloned());
    }
    paths.dedup();
    paths
}

proptest! {
    #[test]
    fn an_expression_holds_what_its_set_contains(expression in expression()) {
        let set = expression.set();
        for path in universe() {
            prop_assert_eq!(set.contains(&path), expression.holds(&path), "{}", path);
        }
    }

    #[test]
    fn equal_sets_are_equal_values(left in expression(), right in expression()) {
        let same = universe().iter().all(|path| left.holds(path) == right.holds(path));
        prop_assert_eq!(left.set() == right.set(), same);
    }

    #[test]
    fn a_witness_is_inside_and_missing_only_where_nothing_is(expression in expression()) {
        let set = expression.set();
        let inhabited = universe().iter().any(|path| expression.holds(path));
        prop_assert_eq!(set.is_empty(), !inhabited);
        prop_assert_eq!(set.witness().is_some(), inhabited);
        if let Some(path) = set.witness() {
            prop_assert!(expression.holds(&path), "{}", path);
        }
    }

    #[test]
    fn a_subset_has_no_path_outside(left in expression(), right in expression()) {
        let inside = universe().iter().all(|path| !left.holds(path) || right.holds(path));
        prop_assert_eq!(left.set().is_subset(&right.set()), inside);
    }

    #[test]
    fn regions_stand_for_every_path(expression in expression()) {
        let set = expression.set();
        for (path, inside) in set.regions() {
            prop_assert_eq!(expression.holds(&path), inside, "{}", path);
        }
    }
}

#[test]
fn a_witness_avoids_every_listed_letter() {
    let letters = ('a'..='z').chain('0'..='9').chain(['_', '-']);
    let taken: Vec<_> =
        letters.filter_map(|letter| PathPattern::parse(&format!("/srv/{letter}*")).ok()).collect();
    let tree: PathSet = PathPattern::parse("/srv/").iter().collect();
    let rest = tree.difference(&taken.iter().collect());
    assert_eq!(rest.witness().as_deref(), Some("/srv/\u{a1}"));
}

#[test]
fn everything_below_the_root_is_everything() {
    let patterns = ["/", "/*"].map(|text| PathPattern::parse(text).into_iter().collect::<Vec<_>>());
    for listed in patterns {
        assert_eq!(listed.iter().collect::<PathSet>(), PathSet::all());
    }
}

proptest! {
    #[test]
    fn no_pattern_divides_a_cell(patterns in vec(pattern(), 0..5)) {
        let cells = PathSet::cells(&patterns);
        for path in universe() {
            let alike = |inside: &String| patterns.iter().all(|pattern| pattern.contains(inside) == pattern.contains(&path));
            let found = cells.iter().any(|cell| match cell {
                Cell::Path(only) => *only == path,
                Cell::Stem(stem) => alike(stem) && alike(&format!("{stem}/more")),
            });
            prop_assert!(found, "no cell represents {}", path);
        }
    }

    #[test]
    fn witnesses_are_inside_and_leave_no_part_out(expression in expression()) {
        let set = expression.set();
        let witnesses: Vec<_> = set.witnesses("/x").collect();
        prop_assert!(witnesses.iter().all(|path| expression.holds(path)));
        prop_assert_eq!(witnesses.is_empty(), set.is_empty());
    }
}
