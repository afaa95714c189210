//! Checks socket sets against lists of (families, types).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{SocketSet, SocketType};

/// Families of the universe; the last represents all that no list contains.
const FAMILIES: [u16; 4] = [1, 2, 10, 3];

type Rectangle = (Vec<u16>, Vec<SocketType>);

fn rectangle() -> impl Strategy<Value = Rectangle> {
    let families = vec(select(vec![1_u16, 2, 10]), 0..3);
    (families, subsequence(SocketType::ALL.to_vec(), 0..=SocketType::ALL.len()))
}

fn set(rectangles: &[Rectangle]) -> SocketSet {
    let one = |(families, types): &Rectangle| SocketSet::of(families, types);
    rectangles.iter().map(one).fold(SocketSet::default(), |sum, next| sum.union(&next))
}

fn holds(rectangles: &[Rectangle], family: u16, kind: SocketType) -> bool {
    rectangles.iter().any(|(families, types)| families.contains(&family) && types.contains(&kind))
}

proptest! {
    #[test]
    fn the_algebra_is_that_of_the_lists(left in vec(rectangle(), 0..3), right in vec(rectangle(), 0..3)) {
        let (one, two) = (set(&left), set(&right));
        let universe = || FAMILIES.into_iter().flat_map(|family| SocketType::ALL.map(|kind| (family, kind)));
        for (family, kind) in universe() {
            let (in_left, in_right) = (holds(&left, family, kind), holds(&right, family, kind));
            prop_assert_eq!(one.contains(family, kind), in_left);
            prop_assert_eq!(one.complement().contains(family, kind), !in_left);
            prop_assert_eq!(one.union(&two).contains(family, kind), in_left || in_right);
            prop_assert_eq!(one.intersection(&two).contains(family, kind), in_left && in_right);
            prop_assert_eq!(one.difference(&two).contains(family, kind), in_left && !in_right);
        }
        let same = universe().all(|(family, kind)| holds(&left, family, kind) == holds(&right, family, kind));
        prop_assert_eq!(one == two, same);
        prop_assert_eq!(one.complement().complement(), one.clone());
        prop_assert_eq!(one.witness().is_some(), universe().any(|(family, kind)| holds(&left, family, kind)));
        prop_assert!(one.witness().is_none_or(|(family, kind)| holds(&left, family, kind)));
        prop_assert!(one.complement().witness().is_none_or(|(family, kind)| !one.contains(family, kind)));
    }
}

#[test]
fn a_number_and_a_word_name_their_type() {
    for kind in SocketType::ALL {
        assert_eq!(SocketType::from_number(kind.number()), Some(kind));
        assert_eq!(SocketType::parse(kind.name()), Some(kind));
    }
    assert_eq!(SocketType::from_number(7), None);
}
