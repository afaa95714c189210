//! Destinations that one binary connected to -> ports and CIDR blocks.

mod blocks;

use std::collections::BTreeMap;
use std::net::IpAddr;

use telovix_policy::value::{Cidr, PortRange};
use telovix_replay::observe::Seen;

use crate::entry::{Entry, Reason, Review, Why};
use crate::evidence::Evidence;
pub(crate) use blocks::blocks;

/// Ports that are chosen at random by default on Linux, and by other systems.
const EPHEMERAL: [(u16, u16); 2] = [(32_768, 60_999), (32_768, 65_535)];
/// The first port that programs without rights may listen on.
const UNPRIVILEGED: u16 = 1_024;
/// Different ports, and those among them seen once, that make a range.
const MANY: usize = 12;
const FEW: usize = 3;

/// What was learned about destinations.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) ports: Vec<Entry<PortRange>>,
    pub(crate) cidrs: Vec<Entry<Cidr>>,
    pub(crate) review: Vec<Review>,
}

/// Learns from the destinations of one binary.
pub(crate) fn learn(seen: &BTreeMap<(IpAddr, u16), Seen>, most: usize, exact: bool) -> Learned {
    let mut learned = Learned::default();
    let mut by_port: BTreeMap<u16, Seen> = BTreeMap::new();
    let mut by_address: BTreeMap<IpAddr, Seen> = BTreeMap::new();
    let mut portless = Seen::default();
    for ((address, port), seen) in seen {
        if *port == 0 {
            portless.absorb(seen);
            continue;
        }
        by_port.entry(*port).or_default().absorb(seen);
        by_address.entry(*address).or_default().absorb(seen);
    }
    if !portless.is_empty() {
        learned.review.push(Review::new("port 0".to_owned(), &portless, Why::PortZero));
    }
    learned.ports = ports(&by_port, exact);
    learned.cidrs = blocks(&by_address, most, exact);
    learned
}

/// Returns the ranges of ports: those seen, with adjacent ones together, and one range for those chosen at random.
fn ports(seen: &BTreeMap<u16, Seen>, exact: bool) -> Vec<Entry<PortRange>> {
    let mut ranges: Vec<(u16, u16, Reason)> = Vec::new();
    let random = |first: u16, last: u16| {
        let inside = || seen.range(first..=last);
        let once = inside().filter(|(_, seen)| seen.events() == 1).count();
        (!exact && inside().count() >= MANY && once >= FEW).then_some(once)
    };
    let mut open: Option<(u16, u16, usize)> = None;
    if let Some(once) = random(EPHEMERAL[1].0, EPHEMERAL[1].1) {
        let highest = seen.keys().next_back().copied().unwrap_or(0);
        let (first, last) = if highest <= EPHEMERAL[0].1 { EPHEMERAL[0] } else { EPHEMERAL[1] };
        open = Some((first, last, once));
    }
    if let Some(once) = random(UNPRIVILEGED, EPHEMERAL[0].0 - 1) {
        let mut inside = seen.range(UNPRIVILEGED..EPHEMERAL[0].0).map(|(port, _)| *port);
        if let (Some(first), Some(last)) = (inside.next(), inside.next_back()) {
            ranges.push((first, last, Reason::NewPorts { ports: once }));
        }
    }
    ranges.extend(open.map(|(first, last, once)| (first, last, Reason::NewPorts { ports: once })));
    let mut single: Vec<(u16, u16, Reason)> = Vec::new();
    for port in seen.keys().copied() {
        if ranges.iter().any(|(first, last, _)| (*first..=*last).contains(&port)) {
            continue;
        }
        match single.last_mut() {
            Some((_, last, reason)) if last.checked_add(1) == Some(port) => {
                *last = port;
                *reason = Reason::Adjacent;
            }
            _ => single.push((port, port, Reason::Exact)),
        }
    }
    ranges.extend(single);
    ranges.sort_unstable();
    let entry = |(first, last, reason): (u16, u16, Reason)| {
        let inside = || seen.range(first..=last).map(|(_, seen)| seen);
        let text = if first == last { first.to_string() } else { format!("{first}-{last}") };
        let all = u64::from(last - first) + 1;
        Some(Entry {
            value: PortRange::parse(&text).ok()?,
            reason,
            evidence: Evidence::of(inside()),
            allows_more: all - inside().count() as u64,
        })
    };
    ranges.into_iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests;
