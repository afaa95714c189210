//! A set of destinations -> filters by family, address and port.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use super::{Origins, Place, constant_filter, filter};
use crate::confine::{EndpointSet, PortSet};
use crate::document::value::{Cidr, address_at};
use crate::source::{Span, Spanned};
use crate::tracing_policy::{ArgumentFilter, Operator};

/// Where IPv4 addresses lie in the one address space.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);
const EVERY_ADDRESS: (u128, u128) = (0, u128::MAX);
/// Room for most blocks: an IPv4-mapped one takes up to 26 bytes.
const BLOCK_BYTES: usize = 28;

/// Returns the filters that name the destinations of a set, each for one family, so that sockets without an
/// address are never meant.
///
/// At `socket_connect` the destination is the source side of the engine's words. Of each set of ports the
/// addresses are all whose ports include it, which needs fewer conjunctions than disjoint parts do. An
/// IPv4-mapped address arrives as AF_INET6 and is listed there as well.
pub(in crate::emit::tracing_policy) fn endpoint_alternatives(
    endpoints: &EndpointSet,
    place: Place,
    origins: &Origins<'_>,
) -> Vec<Vec<ArgumentFilter>> {
    let distinct: BTreeSet<&PortSet> =
        endpoints.parts().map(|(_, _, ports)| ports).filter(|ports| !ports.is_empty()).collect();
    let mut alternatives = Vec::new();
    for ports in distinct {
        let region = Region::of(endpoints.parts().filter(|(_, _, all)| ports.is_subset(all)));
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

    /// Returns the blocks of one family that make up the region.
    fn blocks(&self, family: Family) -> impl Iterator<Item = Block> {
        self.0.iter().flat_map(move |range| blocks_of(*range, family))
    }
}

/// An aligned block of the one address space, as one family writes it.
struct Block {
    first: u128,
    family: Family,
    /// The length of the prefix within the family.
    length: u8,
}

/// Cuts a range into blocks, each as large as its first address and what is left of the range let it be.
fn blocks_of((first, last): (u128, u128), family: Family) -> impl Iterator<Item = Block> {
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let first = next.filter(|first| *first <= last)?;
        let aligned = first.trailing_zeros().min(family.bits());
        let left = (last - first).checked_add(1).map_or(u128::BITS, u128::ilog2);
        let free_bits = aligned.min(left);
        next = 1_u128.checked_shl(free_bits).and_then(|size| first.checked_add(size));
        Some(Block { first, family, length: u8::try_from(family.bits() - free_bits).unwrap_or(u8::MAX) })
    })
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
    origins: &Origins<'_>,
) -> Option<Option<ArgumentFilter>> {
    let meant = region.within(family.space());
    let others = meant.complement(family.space());
    if meant.0.is_empty() {
        return None;
    }
    if others.0.is_empty() {
        return Some(None);
    }
    let unlisted: Vec<Block> = others.blocks(family).collect();
    let listed: Vec<Block> = meant.blocks(family).take(unlisted.len()).collect();
    let (operator, blocks) = if listed.len() < unlisted.len() {
        (Operator::SAddr, listed)
    } else {
        (Operator::NotSAddr, unlisted)
    };
    let values = blocks.iter().map(|block| Spanned::new(block.text(), block.line(origins)));
    Some(Some(filter(place, operator, values.collect(), origins.span)))
}

impl Block {
    fn text(&self) -> String {
        let mut text = String::with_capacity(BLOCK_BYTES);
        match (address_at(self.first), self.family) {
            (IpAddr::V4(address), family) => {
                text.push_str(if family == Family::Inet6 { "::ffff:" } else { "" });
                push_octets(&mut text, address);
            }
            (IpAddr::V6(address), _) => {
                let _ = write!(text, "{address}");
            }
        }
        text.push('/');
        text.push_str(itoa::Buffer::new().format(self.length));
        text
    }

    /// Finds the line of the block; of an IPv4-mapped block, that of the IPv4 block it repeats.
    fn line(&self, origins: &Origins<'_>) -> Span {
        let plain = address_at(self.first);
        let repeats = plain.is_ipv4() && self.family == Family::Inet6;
        let length = if repeats { self.length.checked_sub(96) } else { Some(self.length) };
        let block = length.and_then(|length| Cidr::new(plain, length));
        block.map_or(origins.span, |block| origins.block(block))
    }
}

fn push_octets(text: &mut String, address: Ipv4Addr) {
    for (place, octet) in address.octets().into_iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "." });
        text.push_str(itoa::Buffer::new().format(octet));
    }
}

/// Returns the filter on ports; none when every port is meant. The shorter of the two lists is written:
/// the engine stores each port of a range.
fn port_filter(ports: &PortSet, place: Place, origins: &Origins<'_>) -> Option<ArgumentFilter> {
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
