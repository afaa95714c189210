//! Addresses -> CIDR blocks, as few as needed and as narrow as the addresses that are new all the time permit.

use std::collections::BTreeMap;
use std::net::IpAddr;

use telovix_policy::value::{Cidr, address_at, address_number};
use telovix_replay::observe::Seen;

use crate::entry::{Entry, Reason};
use crate::evidence::Evidence;

/// Addresses seen once that make a block.
const FEW: usize = 3;
/// The share of connections to addresses seen once before blocks are made.
const NOVELTY: f64 = 1e-3;

/// Addresses that never share a block with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Zone {
    /// First address as a number of 128 bits, and the bits that all its addresses share.
    network: u128,
    bits: u32,
    /// The bits of the widest block in it.
    widest: u32,
    /// The bits of the networks that are counted: a whole one is opened when three of its addresses were seen once.
    network_bits: u32,
}

/// IPv4 addresses begin after these bits.
const V4: u32 = 96;

/// Zones by their own addresses: loopback, link-local, private, shared, and public ones, of both families.
fn zone(number: u128) -> Zone {
    let at = |text: &str, bits: u32, widest: u32, network_bits: u32| {
        let network = text.parse::<IpAddr>().map_or(0, address_number);
        Zone { network, bits, widest, network_bits }
    };
    let known = [
        at("127.0.0.0", V4 + 8, V4 + 8, V4 + 24),
        at("169.254.0.0", V4 + 16, V4 + 32, V4 + 32),
        at("10.0.0.0", V4 + 8, V4 + 12, V4 + 24),
        at("172.16.0.0", V4 + 12, V4 + 12, V4 + 24),
        at("192.168.0.0", V4 + 16, V4 + 16, V4 + 24),
        at("100.64.0.0", V4 + 10, V4 + 12, V4 + 24),
        at("224.0.0.0", V4 + 4, V4 + 32, V4 + 32),
        at("fe80::", 10, 64, 64),
        at("fc00::", 7, 48, 64),
        at("ff00::", 8, 128, 128),
    ];
    let v4 = at("0.0.0.0", V4, V4 + 16, V4 + 24);
    let v6 = Zone { network: 0, bits: 0, widest: 48, network_bits: 64 };
    let inside = |zone: &&Zone| shared_bits(zone.network, number) >= zone.bits;
    known.iter().find(inside).copied().unwrap_or(if inside(&&v4) { v4 } else { v6 })
}

fn shared_bits(left: u128, right: u128) -> u32 {
    (left ^ right).leading_zeros()
}

/// A block: its first address, the bits its addresses share, and why it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    network: u128,
    bits: u32,
    reason: Reason,
}

impl Block {
    /// Returns the block with these bits around an address.
    fn around(address: u128, bits: u32, reason: Reason) -> Self {
        Self { network: masked(address, bits), bits, reason }
    }

    fn contains(&self, address: u128) -> bool {
        shared_bits(self.network, address) >= self.bits
    }

    fn addresses(&self) -> u128 {
        1_u128.checked_shl(u128::BITS - self.bits).unwrap_or(u128::MAX)
    }
}

fn masked(number: u128, bits: u32) -> u128 {
    match u128::BITS.checked_sub(bits) {
        Some(0) => number,
        Some(free) => number.checked_shr(free).and_then(|high| high.checked_shl(free)).unwrap_or(0),
        None => number,
    }
}

/// Returns the blocks that the addresses are in.
pub(crate) fn blocks(seen: &BTreeMap<IpAddr, Seen>, most: usize, as_seen: bool) -> Vec<Entry<Cidr>> {
    let mut addresses: Vec<(u128, u64)> =
        seen.iter().map(|(address, seen)| (address_number(*address), seen.events())).collect();
    addresses.sort_unstable();
    let all: u64 = addresses.iter().map(|(_, events)| events).sum();
    let once = addresses.iter().filter(|(_, events)| *events == 1).count();
    let open = !as_seen && once >= FEW && once as f64 / all.max(1) as f64 > NOVELTY;
    let mut found: Vec<Block> = Vec::new();
    for same in addresses.chunk_by(|left, right| zone(left.0) == zone(right.0)) {
        let zone = same.first().map_or_else(|| self::zone(0), |first| self::zone(first.0));
        if open {
            cover(same, zone, &mut found);
        } else {
            found.extend(same.iter().map(|(address, _)| exact(*address)));
        }
    }
    if !as_seen {
        merge(&mut found, most);
    }
    let by_number: BTreeMap<u128, &Seen> =
        seen.iter().map(|(address, seen)| (address_number(*address), seen)).collect();
    found.into_iter().filter_map(|block| entry(block, &by_number)).collect()
}

fn exact(address: u128) -> Block {
    Block { network: address, bits: u128::BITS, reason: Reason::Exact }
}

/// Covers addresses of one zone: by a block where enough of them were seen once, by themselves otherwise.
fn cover(addresses: &[(u128, u64)], zone: Zone, found: &mut Vec<Block>) {
    let once = addresses.iter().filter(|(_, events)| *events == 1).count();
    let (Some((first, _)), Some((last, _))) = (addresses.first(), addresses.last()) else { return };
    if once < FEW || addresses.len() == 1 {
        found.extend(addresses.iter().map(|(address, _)| exact(*address)));
        return;
    }
    let bits = shared_bits(*first, *last);
    let reason = Reason::NewAddresses { addresses: once };
    if bits >= zone.network_bits {
        found.push(Block::around(*first, zone.network_bits, reason));
        return;
    }
    // Networks that were seen once, as addresses within a network.
    let mut networks: Vec<(u128, u64)> = Vec::new();
    for (address, events) in addresses {
        let network = masked(*address, zone.network_bits);
        match networks.last_mut() {
            Some((known, sum)) if *known == network => *sum += events,
            _ => networks.push((network, *events)),
        }
    }
    let new_networks = networks.iter().filter(|(_, events)| *events == 1).count();
    let room = zone.network_bits - bits;
    let dense = room < 64 && networks.len() as u128 * 4 >= 1_u128 << room;
    if bits >= zone.widest && (dense || new_networks >= FEW) {
        found.push(Block::around(*first, bits, reason));
        return;
    }
    let half = addresses.partition_point(|(address, _)| shared_bits(*first, *address) > bits);
    let (low, high) = addresses.split_at(half);
    cover(low, zone, found);
    cover(high, zone, found);
}

/// Puts neighbours of one zone together, those first that allow the fewest new addresses, until there are few enough
/// or a block would become too wide.
fn merge(blocks: &mut Vec<Block>, most: usize) {
    blocks.sort_unstable();
    while blocks.len() > most {
        let pairs = blocks.windows(2).enumerate().filter_map(|(at, pair)| {
            let [left, right] = pair else { return None };
            let zone = self::zone(left.network);
            let bits = shared_bits(left.network, right.network).min(left.bits).min(right.bits);
            let same = zone == self::zone(right.network);
            (same && bits >= zone.widest).then_some((std::cmp::Reverse(bits), at))
        });
        let Some((std::cmp::Reverse(bits), at)) = pairs.min() else { return };
        let Some(left) = blocks.get(at).copied() else { return };
        let wide = Block { network: masked(left.network, bits), bits, reason: Reason::Exact };
        let inside = blocks.iter().filter(|block| wide.contains(block.network)).count();
        blocks.retain(|block| !wide.contains(block.network));
        let place = blocks.partition_point(|block| block.network < wide.network);
        blocks.insert(place, Block { reason: Reason::Limit { entries: inside }, ..wide });
    }
}

fn entry(block: Block, seen: &BTreeMap<u128, &Seen>) -> Option<Entry<Cidr>> {
    let last = block.network.saturating_add(block.addresses() - 1);
    let inside = || seen.range(block.network..=last).map(|(_, seen)| *seen);
    let address = address_at(block.network);
    let length = match address {
        IpAddr::V4(_) => block.bits.checked_sub(V4)?,
        IpAddr::V6(_) => block.bits,
    };
    let evidence = Evidence::of(inside());
    let more = block.addresses() - u128::from(evidence.values);
    Some(Entry {
        value: Cidr::new(address, u8::try_from(length).ok()?)?,
        reason: block.reason,
        evidence,
        allows_more: u64::try_from(more).unwrap_or(u64::MAX),
    })
}
