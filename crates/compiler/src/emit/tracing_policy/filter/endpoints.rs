//! A set of destinations -> filters by family, address and port.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::{Confinement, EndpointSet, MemberValue, PortSet};
use telovix_policy::value::{Cidr, PortRange, address_at};
use telovix_tetragon::{ArgumentFilter, Operator};

use super::super::cover::{Pair, cover};
use super::{Lines, Place, constant_filter, decimal, filter};

/// The IPv4 addresses in the common address space, as IPv4-mapped IPv6.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);
const EVERY_ADDRESS: (u128, u128) = (0, u128::MAX);
/// Capacity for most CIDR blocks: an IPv4-mapped one takes up to 26 bytes.
const BLOCK_BYTES: usize = 28;

/// Returns the filters for the destinations of a set. Each names families or addresses, so that sockets without an
/// address never match.
///
/// At `socket_connect` Tetragon's operators for the source (`SAddr`, `SPort`) compare the destination. Few sets of ports
/// that together make up those of all addresses ([`cover`]) are each paired with all addresses whose ports include it,
/// which needs fewer conjunctions than disjoint parts.
/// An IPv4-mapped address arrives as AF_INET6 and is listed there as well.
pub(in crate::emit::tracing_policy) fn endpoint_alternatives(
    endpoints: &EndpointSet,
    place: Place,
    confinement: &Confinement,
) -> Vec<Vec<ArgumentFilter<'static>>> {
    let span = confinement.span;
    let (blocks, ranges) = (block_lines(confinement), port_lines(confinement));
    // Many parts share few sets of ports, so the sets are compared rather than the parts.
    let mut kinds: BTreeMap<&PortSet, usize> = BTreeMap::new();
    let numbered = endpoints.parts().map(|(first, last, ports)| {
        let next = kinds.len();
        (first, last, *kinds.entry(ports).or_insert(next))
    });
    let parts: Vec<_> = numbered.collect();
    let mut alternatives = Vec::new();
    let distinct: Vec<PortSet> = kinds.keys().map(|ports| (*ports).clone()).collect();
    for Pair { set: ports, .. } in &cover(&distinct) {
        let wider = kinds.iter().filter(|(all, _)| ports.is_subset(all));
        let wider: BTreeSet<usize> = wider.map(|(_, kind)| *kind).collect();
        let region = Region::of(&parts, |kind| wider.contains(&kind));
        let addresses =
            [Family::Inet, Family::Inet6].map(|family| address_filter(&region, family, place, &blocks, span));
        let conjunctions = join_families(addresses, place, span);
        let ports = std::iter::repeat_n(port_filter(ports, place, &ranges, span), conjunctions.len());
        for (mut filters, ports) in conjunctions.into_iter().zip(ports) {
            filters.extend(ports);
            alternatives.push(filters);
        }
    }
    alternatives
}

fn block_lines(confinement: &Confinement) -> Lines<Cidr> {
    Lines::of(confinement, |member| match member {
        MemberValue::Cidr(block) => Some(block.network()),
        MemberValue::Network(pattern) => pattern.cidr.map(Cidr::network),
        _ => None,
    })
}

fn port_lines(confinement: &Confinement) -> Lines<(u16, u16)> {
    let ends = |range: &PortRange| (range.first(), range.last());
    Lines::of(confinement, |member| match member {
        MemberValue::Ports(range) => Some(ends(range)),
        MemberValue::Network(pattern) => pattern.ports.as_ref().map(ends),
        _ => None,
    })
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

    /// The part of the common address space that an address of this family can have.
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

/// Inclusive ranges of the common address space, sorted, disjoint, not adjacent.
struct Region(Vec<(u128, u128)>);

impl Region {
    /// Joins the parts of some kinds; parts come in order.
    fn of(parts: &[(u128, u128, usize)], is_meant: impl Fn(usize) -> bool) -> Self {
        let mut ranges: Vec<(u128, u128)> = Vec::with_capacity(parts.len());
        for &(first, last, _) in parts.iter().filter(|(_, _, kind)| is_meant(*kind)) {
            match ranges.last_mut() {
                Some(previous) if previous.1.checked_add(1) == Some(first) => previous.1 = last,
                _ => ranges.push((first, last)),
            }
        }
        Self(ranges)
    }

    fn within(&self, space: (u128, u128)) -> Self {
        let cut = self.0.iter().map(|(first, last)| ((*first).max(space.0), (*last).min(space.1)));
        let mut ranges = Vec::with_capacity(self.0.len());
        ranges.extend(cut.filter(|(first, last)| first <= last));
        Self(ranges)
    }

    fn complement(&self, space: (u128, u128)) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
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

/// An aligned CIDR block of the common address space, as written in one family.
struct Block {
    first: u128,
    family: Family,
    /// The length of the prefix within the family.
    length: u8,
}

/// Cuts a range into the fewest aligned blocks.
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

/// The addresses of one family in a region.
enum Addresses {
    /// None of them.
    No,
    /// All of them.
    Every,
    /// Those that this filter matches.
    Some(ArgumentFilter<'static>),
}

fn address_filter(
    region: &Region,
    family: Family,
    place: Place,
    lines: &Lines<Cidr>,
    span: Span,
) -> Addresses {
    let meant = region.within(family.space());
    if meant.0.is_empty() {
        return Addresses::No;
    }
    let others = meant.complement(family.space());
    if others.0.is_empty() {
        return Addresses::Every;
    }
    let (operator, named) = if is_shorter(meant.blocks(family), others.blocks(family)) {
        (Operator::SAddr, meant)
    } else {
        (Operator::NotSAddr, others)
    };
    let values = named.blocks(family).map(|block| {
        let line = block.written().and_then(|block| lines.get(&block));
        Spanned::new(block.text().into(), line.unwrap_or(span))
    });
    Addresses::Some(filter(place, operator, values.collect(), span))
}

/// Returns the conjunctions for the addresses of both families: one where a single filter can mean both.
///
/// A filter on addresses has one map for each family, and sockets of other families never match it. Where a family has
/// no map, `SAddr` matches none of its addresses, and `NotSAddr` matches all or none of them, depending on the version
/// of Tetragon: so `NotSAddr` either lists addresses of both families, or is paired with the family.
fn join_families(
    [inet, inet6]: [Addresses; 2],
    place: Place,
    span: Span,
) -> Vec<Vec<ArgumentFilter<'static>>> {
    let families = |families: &[&'static str]| constant_filter(place, Operator::Family, families, span);
    let alone = |family: Family, addresses| match addresses {
        Addresses::No => None,
        Addresses::Every => Some(vec![families(&[family.name()])]),
        Addresses::Some(filter) if filter.operator.value == Operator::SAddr => Some(vec![filter]),
        Addresses::Some(filter) => Some(vec![families(&[family.name()]), filter]),
    };
    match (inet, inet6) {
        (Addresses::Every, Addresses::Every) => {
            vec![vec![families(&[Family::Inet.name(), Family::Inet6.name()])]]
        }
        (Addresses::Some(mut both), Addresses::Some(other))
            if both.operator.value == other.operator.value =>
        {
            both.values.extend(other.values);
            vec![vec![both]]
        }
        (inet, inet6) => {
            [alone(Family::Inet, inet), alone(Family::Inet6, inet6)].into_iter().flatten().collect()
        }
    }
}

/// Returns whether the first list is shorter, without going through the longer one.
fn is_shorter(mut first: impl Iterator, mut second: impl Iterator) -> bool {
    loop {
        match (first.next(), second.next()) {
            (Some(_), Some(_)) => {}
            (None, Some(_)) => return true,
            (_, None) => return false,
        }
    }
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

    /// Returns the block as documents write it: an IPv4-mapped block repeats an IPv4 block.
    fn written(&self) -> Option<Cidr> {
        let plain = address_at(self.first);
        let repeats = plain.is_ipv4() && self.family == Family::Inet6;
        let length = if repeats { self.length.checked_sub(96) } else { Some(self.length) };
        Cidr::new(plain, length?)
    }
}

fn push_octets(text: &mut String, address: Ipv4Addr) {
    let digit = |value: u8| char::from(b'0' + value % 10);
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            text.push('.');
        }
        if octet >= 100 {
            text.push(digit(octet / 100));
        }
        if octet >= 10 {
            text.push(digit(octet / 10));
        }
        text.push(digit(octet));
    }
}

/// Returns the filter on ports; none for every port. The shorter of the two lists is written, because Tetragon
/// stores every port of a range.
fn port_filter(
    ports: &PortSet,
    place: Place,
    lines: &Lines<(u16, u16)>,
    span: Span,
) -> Option<ArgumentFilter<'static>> {
    let others = ports.complement();
    if others.is_empty() {
        return None;
    }
    let count =
        |set: &PortSet| set.ranges().iter().map(|(first, last)| u32::from(last - first) + 1).sum::<u32>();
    let (operator, listed) =
        if count(ports) <= count(&others) { (Operator::SPort, ports) } else { (Operator::NotSPort, &others) };
    let values = listed.ranges().iter().map(|&(first, last)| {
        let text = if first == last { decimal(first) } else { format!("{first}:{last}").into() };
        Spanned::new(text, lines.get(&(first, last)).unwrap_or(span))
    });
    Some(filter(place, operator, values.collect(), span))
}
