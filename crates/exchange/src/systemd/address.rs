//! `IPAddressAllow` and `IPAddressDeny` -> `allowed_dst_cidrs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use telovix_policy::value::Cidr;

use super::unit::{Setting, Unit};
use crate::{Change, Effect};

/// Inclusive ranges of addresses of one family, as numbers of so many bits.
type Ranges = Vec<(u128, u128)>;

/// Returns the blocks that may be reached: those that are allowed, and those that are not denied.
pub(super) fn import(unit: &Unit, changes: &mut Vec<Change>) -> Option<Vec<String>> {
    let denying = unit.assigned("IPAddressDeny");
    let first = denying.first()?;
    let why = "imported for connections that the program opens; what it receives is not filtered".to_owned();
    let what = "`IPAddressDeny`".to_owned();
    changes.push(Change { line: first.line, what, why, effect: Effect::Weaker });
    let (denied, allowed) = (blocks(&denying, changes), blocks(&unit.assigned("IPAddressAllow"), changes));
    let mut left = Vec::new();
    for bits in [32, 128] {
        let of_family = |blocks: &[Cidr]| ranges(blocks, bits);
        let mut open = complement(of_family(&denied), bits);
        open.extend(of_family(&allowed));
        for (from, to) in joined(open) {
            split(from, to, bits, &mut left);
        }
    }
    Some(left.iter().map(ToString::to_string).collect())
}

fn blocks(settings: &[&Setting], changes: &mut Vec<Change>) -> Vec<Cidr> {
    let mut blocks = Vec::new();
    for setting in settings {
        for word in setting.value.split_whitespace() {
            let texts: &[&str] = match word {
                "any" => &["0.0.0.0/0", "::/0"],
                "localhost" => &["127.0.0.0/8", "::1/128"],
                "link-local" => &["169.254.0.0/16", "fe80::/64"],
                "multicast" => &["224.0.0.0/4", "ff00::/8"],
                block => &[block],
            };
            for text in texts {
                match Cidr::parse(text) {
                    Ok(block) => blocks.push(block.network()),
                    Err(_) => {
                        let effect =
                            if setting.key == "IPAddressDeny" { Effect::Weaker } else { Effect::Stricter };
                        let why = "not imported: it is no address or block".to_owned();
                        changes.push(Change { line: setting.line, what: format!("`{word}`"), why, effect });
                    }
                }
            }
        }
    }
    blocks
}

fn highest(bits: u32) -> u128 {
    if bits == 128 { u128::MAX } else { (1 << bits) - 1 }
}

fn ranges(blocks: &[Cidr], bits: u32) -> Ranges {
    let of_family = blocks.iter().filter(|block| block.address().is_ipv4() == (bits == 32));
    of_family
        .map(|block| {
            let from = match block.address() {
                IpAddr::V4(address) => u128::from(u32::from(address)),
                IpAddr::V6(address) => u128::from(address),
            };
            let free = bits.saturating_sub(u32::from(block.length()));
            (from, from | highest_of(free))
        })
        .collect()
}

fn highest_of(free: u32) -> u128 {
    if free == 0 { 0 } else { u128::MAX >> (128 - free) }
}

fn joined(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut joined: Ranges = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some((_, last)) if from <= last.saturating_add(1) => *last = (*last).max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

fn complement(ranges: Ranges, bits: u32) -> Ranges {
    let (mut next, mut free) = (Some(0), Vec::new());
    for (from, to) in joined(ranges) {
        if let Some(start) = next.filter(|start| *start < from) {
            free.push((start, from - 1));
        }
        next = (to < highest(bits)).then(|| to + 1);
    }
    free.extend(next.map(|start| (start, highest(bits))));
    free
}

/// Splits a range into the fewest blocks.
fn split(mut from: u128, to: u128, bits: u32, blocks: &mut Vec<Cidr>) {
    loop {
        let mut free = from.trailing_zeros().min(bits);
        while from | highest_of(free) > to {
            free -= 1;
        }
        let length = u8::try_from(bits - free).unwrap_or_default();
        let address = match u32::try_from(from) {
            Ok(low) if bits == 32 => IpAddr::V4(Ipv4Addr::from(low)),
            _ => IpAddr::V6(Ipv6Addr::from(from)),
        };
        blocks.extend(Cidr::new(address, length));
        let last = from | highest_of(free);
        if last >= to {
            return;
        }
        from = last + 1;
    }
}
