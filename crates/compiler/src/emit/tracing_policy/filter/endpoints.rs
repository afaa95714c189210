//! A set of destinations -> filters by family, address and port.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Origins, Place, constant_filter, filter};
use crate::confine::{EndpointSet, PortSet};
use crate::document::value::{Cidr, address_at, address_number};
use crate::source::{Span, Spanned};
use crate::tracing_policy::{ArgumentFilter, Operator};

/// Where IPv4 addresses lie in the one address space.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);
const EVERY_ADDRESS: (u128, u128) = (0, u128::MAX);

/// Returns the filters that name the destinations of a set, each for one family, so that sockets without an
/// address are never meant.
///
/// At `socket_connect` the destination is the source side of the engine's words. Of each set of ports the
/// addresses are all whose ports include it, which needs fewer conjunctions than disjoint parts do. An
/// IPv4-mapped address arrives as AF_INET6 and is listed there as well.
pub(in crate::emit::tracing_policy) fn endpoint_alternatives(
    endpoints: &EndpointSet,
    place: Place,
    origins: &Origins,
) -> Vec<Vec<ArgumentFilter>> {
    let distinct: BTreeSet<&PortSet> =
        endpoints.parts().map(|(_, _, ports)| ports).filter(|ports| !ports.is_empty()).collect();
    let mut alternatives = Vec::new();
    for ports in distinct {
        let region = Region::of(endpoints.parts().filter(|(_, _, all)| includes(all, ports)));
        for family in [Family::Inet, Family::Inet6] {
            let Some(address) = address_filter(&region, family, place, origins) else { continue };
            let mut filters = vec![constant_filter(place, Operator::Family, &[family.name()], origins.span)];
            filters.extend(address);
            filters.extend(port_filter(ports, place, origins));
            alternatives.push(filters);
        }
    }
    alternatives
}

fn includes(all: &PortSet, ports: &PortSet) -> bool {
    all.intersection(ports) == *ports
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Inet,
    Inet6,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::Inet => "AF_INET",
            Self::Inet6 => "AF_INET6",
        }
    }

    /// The part of the one address space that a socket address of this family can name.
    fn space(self) -> (u128, u128) {
        match self {
            Self::Inet => MAPPED,
            Self::Inet6 => EVERY_ADDRESS,
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::Inet => 32,
            Self::Inet6 => 128,
        }
    }
}

/// Inclusive ranges of the one address space, sorted, disjoint, not adjacent.
struct Region(Vec<(u128, u128)>);

impl Region {
    fn of<'set>(parts: impl Iterator<Item = (u128, u128, &'set PortSet)>) -> Self {
        let mut ranges: Vec<(u128, u128)> = Vec::new();
        for (first, last, _) in parts {
            match ranges.last_mut() {
                Some(previous) if previous.1.checked_add(1) == Some(first) => previous.1 = last,
                _ => ranges.push((first, last)),
            }
        }
        Self(ranges)
    }

    fn within(&self, space: (u128, u128)) -> Self {
        let cut = self.0.iter().map(|(first, last)| ((*first).max(space.0), (*last).min(space.1)));
        Self(cut.filter(|(first, last)| first <= last).collect())
    }

    fn complement(&self, space: (u128, u128)) -> Self {
        let mut ranges = Vec::new();
        let mut next = Some(space.0);
        for (first, last) in &self.0 {
            if let (Some(start), Some(end)) = (next, first.checked_sub(1))
                && start <= end
            {
                ranges.push((start, end));
            }
            next = last.checked_add(1);
        }
        ranges.extend(next.filter(|start| *start <= space.1).map(|start| (start, space.1)));
        Self(ranges)
    }

    fn blocks(&self, family: Family) -> Vec<(u128, u32)> {
        self.0.iter().flat_map(|range| blocks_of(*range, family.bits())).collect()
    }
}

/// Cuts a range into blocks: `(first address, length of the prefix within the family)`.
fn blocks_of((first, last): (u128, u128), bits: u32) -> Vec<(u128, u32)> {
    let mut blocks = Vec::new();
    let mut next = Some(first);
    while let Some(start) = next.filter(|start| *start <= last) {
        let aligned = start.trailing_zeros().min(bits);
        let fits = |size: u32| size >= 128 || last - start >= (1_u128 << size) - 1;
        let size = (0..=aligned)
            .rev()
            .find(|size| *size < 128 && fits(*size) || (*size == 128 && last - start == u128::MAX));
        let size = size.unwrap_or(0);
        blocks.push((start, bits - size));
        next = if size >= 128 { None } else { start.checked_add(1 << size) };
    }
    blocks
}

/// Returns the filter on addresses: none inside when every address is meant, nothing when no address is.
#[allow(
    clippy::option_option,
    reason = "no conjunction and a conjunction without this filter are different answers"
)]
fn address_filter(
    region: &Region,
    family: Family,
    place: Place,
    origins: &Origins,
) -> Option<Option<ArgumentFilter>> {
    let meant = region.within(family.space());
    let others = meant.complement(family.space());
    if meant.0.is_empty() {
        return None;
    }
    if others.0.is_empty() {
        return Some(None);
    }
    let (listed, unlisted) = (meant.blocks(family), others.blocks(family));
    let (operator, blocks) = if listed.len() < unlisted.len() {
        (Operator::SAddr, listed)
    } else {
        (Operator::NotSAddr, unlisted)
    };
    let values = blocks.into_iter().map(|(first, length)| block_value(first, length, family, origins));
    Some(Some(filter(place, operator, values.collect(), origins.span)))
}

fn block_value(first: u128, length: u32, family: Family, origins: &Origins) -> Spanned<String> {
    let address: IpAddr = match family {
        Family::Inet => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(first - MAPPED.0).unwrap_or(u32::MAX))),
        Family::Inet6 => IpAddr::V6(Ipv6Addr::from_bits(first)),
    };
    let text = format!("{address}/{length}");
    Spanned::new(text, block_span(first, length, family, origins))
}

/// Finds the line of a block; of an IPv4-mapped block, that of the IPv4 block it repeats.
fn block_span(first: u128, length: u32, family: Family, origins: &Origins) -> Span {
    let plain = address_at(first);
    let length =
        if plain.is_ipv4() && family == Family::Inet6 { length.checked_sub(96) } else { Some(length) };
    debug_assert!(address_number(plain) == first);
    length
        .and_then(|length| Cidr::parse(&format!("{plain}/{length}")).ok())
        .map_or(origins.span, |block| origins.block(block))
}

/// Returns the filter on ports; none when every port is meant. The shorter of the two lists is written:
/// the engine stores each port of a range.
fn port_filter(ports: &PortSet, place: Place, origins: &Origins) -> Option<ArgumentFilter> {
    let others = ports.complement();
    if others.is_empty() {
        return None;
    }
    let count =
        |set: &PortSet| set.ranges().iter().map(|(first, last)| u32::from(last - first) + 1).sum::<u32>();
    let (operator, listed) =
        if count(ports) <= count(&others) { (Operator::SPort, ports) } else { (Operator::NotSPort, &others) };
    let values = listed.ranges().iter().map(|(first, last)| {
        let text = if first == last { first.to_string() } else { format!("{first}:{last}") };
        Spanned::new(text, origins.ports(*first, *last))
    });
    Some(filter(place, operator, values.collect(), origins.span))
}
