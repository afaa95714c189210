//! Checks port sets against lists of ranges, at every edge of every range.

use proptest::collection::vec;
use proptest::prelude::*;

use super::PortSet;
use crate::value::PortRange;

fn range() -> impl Strategy<Value = PortRange> {
    let edge = prop_oneof![0_u16..6, 65_530..=65_535_u16];
    (edge.clone(), edge)
        .prop_filter_map("in order", |(first, last)| PortRange::parse(&format!("{first}-{last}")).ok())
}

fn edges() -> impl Iterator<Item = u16> {
    (0..8).chain(65_528..=65_535)
}

proptest! {
    #[test]
    fn the_algebra_is_that_of_the_ranges(left in vec(range(), 0..4), right in vec(range(), 0..4)) {
        let holds = |ranges: &[PortRange], port| ranges.iter().any(|range| range.contains(port));
        let (one, two): (PortSet, PortSet) = (left.iter().copied().collect(), right.iter().copied().collect());
        for port in edges() {
            let (in_left, in_right) = (holds(&left, port), holds(&right, port));
            prop_assert_eq!(one.contains(port), in_left);
            prop_assert_eq!(one.complement().contains(port), !in_left);
            prop_assert_eq!(one.union(&two).contains(port), in_left || in_right);
            prop_assert_eq!(one.intersection(&two).contains(port), in_left && in_right);
            prop_assert_eq!(one.difference(&two).contains(port), in_left && !in_right);
        }
        let only = edges().find(|port| holds(&left, *port) && !holds(&right, *port));
        prop_assert_eq!(one.is_subset(&two), only.is_none());
        prop_assert_eq!(one == two, edges().all(|port| holds(&left, port) == holds(&right, port)));
        prop_assert_eq!(one.complement().complement(), one.clone());
        prop_assert_eq!(one.witness().is_some(), edges().any(|port| holds(&left, port)));
        prop_assert!(one.witness().is_none_or(|port| holds(&left, port)));
    }
}
