//! A list and an event -> the member that contains its value, or the members nearest to it.

use std::cmp::Reverse;

use super::Event;
use crate::confine::{Confinement, Listing, Member, MemberValue};
use crate::value::{Cidr, NetworkPattern, PathPattern, PortRange, address_number};

/// Returns the first member that contains the value of the event.
///
/// A profile lists ports and CIDR blocks separately and a connection needs both; the block is returned.
#[must_use]
pub fn lists<'policy>(confinement: &'policy Confinement, event: &Event) -> Option<&'policy Member> {
    let holding = || confinement.members.iter().filter(|member| holds(&member.value, event));
    holding().find(|member| matches!(member.value, MemberValue::Cidr(_))).or_else(|| holding().next())
}

/// Returns the allowed values nearest to that of an event that is not in an allowlist: one, or for a
/// profile in which neither a block nor a port matches, one of each.
#[must_use]
pub fn nearest<'policy>(confinement: &'policy Confinement, event: &Event) -> Vec<&'policy Member> {
    if confinement.listing == Listing::Blocks {
        return Vec::new();
    }
    let members = || confinement.members.iter();
    let missed = |of: fn(&MemberValue) -> bool| {
        let mut kind = members().filter(move |member| of(&member.value)).peekable();
        kind.peek().is_some() && !kind.any(|member| holds(&member.value, event))
    };
    let mut found = Vec::new();
    found.extend(event.path.as_ref().and_then(|path| best(members(), |value| nearness_of_path(value, path))));
    found.extend(best(members(), |value| nearness_of_network(value, event)));
    if missed(|value| matches!(value, MemberValue::Cidr(_))) {
        found.extend(best(members(), |value| match value {
            MemberValue::Cidr(cidr) => {
                event.address.map(|address| shared_bits(*cidr, address_number(address)))
            }
            _ => None,
        }));
    }
    if missed(|value| matches!(value, MemberValue::Ports(_))) {
        found.extend(best(members(), |value| match value {
            MemberValue::Ports(ports) => event.port.map(|port| Reverse(distance(*ports, port))),
            _ => None,
        }));
    }
    found.extend(best(members(), |value| match (value, event.capability) {
        (MemberValue::Capability(listed), Some(wanted)) => {
            Some(shared(listed.short_name().as_bytes(), wanted.short_name().as_bytes()))
        }
        _ => None,
    }));
    found
}

fn holds(value: &MemberValue, event: &Event) -> bool {
    match value {
        MemberValue::Path(pattern) => event.path.as_ref().is_some_and(|path| pattern.contains(path)),
        MemberValue::Ports(ports) => event.port.is_some_and(|port| ports.contains(port)),
        MemberValue::Cidr(cidr) => event.address.is_some_and(|address| cidr.contains(address)),
        MemberValue::Network(NetworkPattern { cidr, ports }) => {
            cidr.is_none_or(|cidr| event.address.is_some_and(|address| cidr.contains(address)))
                && ports.is_none_or(|ports| event.port.is_some_and(|port| ports.contains(port)))
        }
        MemberValue::Capability(capability) => event.capability == Some(*capability),
        MemberValue::Syscall(syscall) => event.syscall == Some(*syscall),
    }
}

/// Returns the member of the highest rank; the first of several.
fn best<'policy, R: Ord>(
    members: impl Iterator<Item = &'policy Member>,
    rank: impl Fn(&MemberValue) -> Option<R>,
) -> Option<&'policy Member> {
    let ranked = members.filter_map(|member| Some((rank(&member.value)?, member)));
    ranked.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, member)| member)
}

/// Ranks by shared components, then by shared bytes, then by how short the rest of the pattern is.
fn nearness_of_path(value: &MemberValue, path: &str) -> Option<(usize, usize, Reverse<usize>)> {
    let MemberValue::Path(pattern) = value else { return None };
    let listed = match pattern {
        PathPattern::File(root) | PathPattern::Tree(root) | PathPattern::Below(root) => root.as_str(),
        PathPattern::Prefix(text) => text,
    };
    let components = listed.split('/').zip(path.split('/')).take_while(|(left, right)| left == right).count();
    Some((components, shared(listed.as_bytes(), path.as_bytes()), Reverse(listed.len())))
}

/// Ranks a guard's pattern: addresses first, then ports.
fn nearness_of_network(value: &MemberValue, event: &Event) -> Option<(u32, Reverse<u16>)> {
    let MemberValue::Network(pattern) = value else { return None };
    let bits = match (pattern.cidr, event.address) {
        (Some(cidr), Some(address)) => shared_bits(cidr, address_number(address)),
        _ => u128::BITS,
    };
    let apart = match (pattern.ports, event.port) {
        (Some(ports), Some(port)) => distance(ports, port),
        _ => 0,
    };
    Some((bits, Reverse(apart)))
}

/// Returns how many leading bits a block and an address share; all of them when it is inside.
fn shared_bits(cidr: Cidr, address: u128) -> u32 {
    let inside = cidr.ranges().any(|(first, last)| (first..=last).contains(&address));
    if inside { u128::BITS } else { (address_number(cidr.network().address()) ^ address).leading_zeros() }
}

fn distance(ports: PortRange, port: u16) -> u16 {
    ports.first().saturating_sub(port).max(port.saturating_sub(ports.last()))
}

fn shared(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}
