//! Ports and blocks of destinations.

use std::collections::BTreeMap;
use std::net::IpAddr;

use telovix_replay::Moment;
use telovix_replay::observe::{Once, Seen};

use super::{learn, ports};

fn seen(times: u64) -> Seen {
    let mut seen = Seen::default();
    (0..times).for_each(|_| seen.add(Once { time: Some(Moment::from_seconds(0)), ..Once::default() }));
    seen
}

fn cidrs(addresses: &[(&str, u64)], most: usize) -> Vec<String> {
    let seen: BTreeMap<(IpAddr, u16), Seen> = addresses
        .iter()
        .map(|(address, times)| ((address.parse().expect("an address"), 443), seen(*times)))
        .collect();
    learn(&seen, most, false).cidrs.iter().map(|entry| entry.value.to_string()).collect()
}

#[test]
fn known_addresses_stay_exact() {
    assert_eq!(
        cidrs(&[("10.0.0.1", 9), ("10.0.0.2", 4), ("192.0.2.7", 1)], 20),
        ["10.0.0.1/32", "10.0.0.2/32", "192.0.2.7/32"]
    );
}

#[test]
fn new_addresses_open_their_network_and_no_other() {
    let pods: Vec<(String, u64)> = (0..40).map(|at| (format!("10.1.2.{}", 1 + at * 5), 1)).collect();
    let mut all: Vec<(&str, u64)> = pods.iter().map(|(address, times)| (address.as_str(), *times)).collect();
    all.extend([("10.9.0.1", 50), ("203.0.113.9", 1), ("2001:db8::1", 8)]);
    assert_eq!(cidrs(&all, 20), ["10.1.2.0/24", "10.9.0.1/32", "203.0.113.9/32", "2001:db8::1/128"]);
}

#[test]
fn too_many_blocks_become_wider_ones_within_their_zone() {
    let many: Vec<(String, u64)> = (0..64).map(|at| (format!("192.168.{at}.1"), 9)).collect();
    let all: Vec<(&str, u64)> = many.iter().map(|(address, times)| (address.as_str(), *times)).collect();
    let blocks = cidrs(&all, 8);
    assert!(blocks.len() <= 8 && blocks.iter().all(|block| block.starts_with("192.168.")), "{blocks:?}");
}

#[test]
fn ports_chosen_at_random_become_one_range() {
    let of = |numbers: &[u16]| {
        let seen: BTreeMap<u16, Seen> = numbers.iter().map(|port| (*port, seen(1))).collect();
        ports(&seen, false)
            .iter()
            .map(|entry| (entry.value.to_string(), entry.allows_more))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&[443, 80, 8000, 8001]), [("80".into(), 0), ("443".into(), 0), ("8000-8001".into(), 0)]);
    let random: Vec<u16> = (0..14).map(|at| 33_000 + at * 777).chain([53]).collect();
    assert_eq!(of(&random), [("53".into(), 0), ("32768-60999".into(), 28_218)]);
}
