//! Checks endpoint sets against lists of (block, ports), at the edges of every block.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Endpoint, EndpointSet, PortSet};
use crate::value::{Cidr, PortRange};

const BLOCKS: [&str; 11] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.0.0.1",
    "255.255.255.255",
    "::/0",
    "::",
    "::ffff:0:0/96",
    "::ffff:10.0.0.1",
    "2001:db8::/32",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

const ADDRESSES: [&str; 14] = [
    "0.0.0.0",
    "9.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.128.0.0",
    "11.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "2001:db8::1",
    "2001:db9::",
    "fe80::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// One rectangle: a block and a range of ports.
type Rectangle = (Cidr, PortRange);

fn rectangle() -> impl Strategy<Value = Rectangle> {
    let ports = select(vec!["0-65535", "443", "1-442", "0"]);
    (select(BLOCKS.to_vec()), ports).prop_filter_map("valid", |(block, ports)| {
        Some((Cidr::parse(block).ok()?, PortRange::parse(ports).ok()?))
    })
}

fn set(rectangles: &[Rectangle]) -> EndpointSet {
    let one = |(block, ports): &Rectangle| EndpointSet::product([*block], &PortSet::from_iter([*ports]));
    rectangles.iter().map(one).fold(EndpointSet::default(), |sum, next| sum.union(&next))
}

fn holds(rectangles: &[Rectangle], endpoint: Endpoint) -> bool {
    rectangles.iter().any(|(block, ports)| block.contains(endpoint.address) && ports.contains(endpoint.port))
}

fn universe() -> impl Iterator<Item = Endpoint> {
    let addresses = ADDRESSES.into_iter().filter_map(|text| text.parse::<IpAddr>().ok());
    addresses.flat_map(|address| [0, 1, 442, 443, 444, 65_535].map(|port| Endpoint { address, port }))
}

proptest! {
    #[test]
    fn the_algebra_is_that_of_the_rectangles(left in vec(rectangle(), 0..4), right in vec(rectangle(), 0..4)) {
        let (one, two) = (set(&left), set(&right));
        for endpoint in universe() {
            let (in_left, in_right) = (holds(&left, endpoint), holds(&right, endpoint));
            prop_assert_eq!(one.contains(endpoint), in_left, "{:?}", endpoint);
            prop_assert_eq!(one.complement().contains(endpoint), !in_left);
            prop_assert_eq!(one.union(&two).contains(endpoint), in_left || in_right);
            prop_assert_eq!(one.intersection(&two).contains(endpoint), in_left && in_right);
            prop_assert_eq!(one.difference(&two).contains(endpoint), in_left && !in_right);
        }
        let same = universe().all(|endpoint| holds(&left, endpoint) == holds(&right, endpoint));
        let inside = universe().all(|endpoint| !holds(&left, endpoint) || holds(&right, endpoint));
        let inhabited = universe().any(|endpoint| holds(&left, endpoint));
        prop_assert_eq!(one == two, same);
        prop_assert_eq!(one.is_subset(&two), inside);
        prop_assert_eq!(one.is_empty(), !inhabited);
        prop_assert_eq!(one.witness().is_some(), inhabited);
        prop_assert!(one.witness().is_none_or(|endpoint| holds(&left, endpoint)));
        prop_assert_eq!(one.complement().complement(), one);
    }

    #[test]
    fn a_product_is_the_union_of_its_rectangles(blocks in vec(select(BLOCKS.to_vec()), 0..5)) {
        let blocks: Vec<_> = blocks.into_iter().filter_map(|block| Cidr::parse(block).ok()).collect();
        let ports: PortSet = PortRange::parse("443").into_iter().collect();
        let one_by_one = blocks.iter().map(|block| EndpointSet::product([*block], &ports));
        let union = one_by_one.fold(EndpointSet::default(), |sum, next| sum.union(&next));
        prop_assert_eq!(EndpointSet::product(blocks, &ports), union);
    }
}

#[test]
fn a_witness_is_an_ipv4_address_where_there_is_one() {
    let outside = EndpointSet::product(Cidr::parse("192.0.0.0/8"), &PortSet::all()).complement();
    assert_eq!(outside.witness().map(|endpoint| endpoint.address.to_string()).as_deref(), Some("0.0.0.1"));
}
