//! Sets of (address, port) destinations: a partition of the address space with a port set per part.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::PortSet;
use crate::value::{Cidr, MAPPED, address_at, address_number};

/// Last place of the range that holds IPv4 addresses.
const MAPPED_LAST: u128 = MAPPED | 0xffff_ffff;

/// 192.0.2.1, of a block reserved for documentation. Source: RFC 5737.
const DOCUMENTATION: u128 = MAPPED | 0xc000_0201;

/// A destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// IPv4 or IPv6; an IPv4-mapped IPv6 address counts as its IPv4 address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

/// A set of destinations.
///
/// IPv4 and IPv6 share one 128-bit space in which an IPv4 address is at its IPv4-mapped place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointSet {
    /// `(first address, index of its ports)` of each part, sorted; the first starts at 0 and neighbours
    /// differ, so that equal sets are equal values.
    parts: Vec<(u128, u32)>,
    /// The port sets of the parts: each once, in the order in which the parts first name them. Most sets
    /// have hundreds of parts and two of these.
    ports: Vec<PortSet>,
}

impl Default for EndpointSet {
    fn default() -> Self {
        Self::any_address(PortSet::EMPTY)
    }
}

impl EndpointSet {
    /// Returns every port of every address.
    #[must_use]
    pub fn all() -> Self {
        Self::any_address(PortSet::all())
    }

    /// Returns the given ports of every address of the given blocks.
    #[must_use]
    pub fn product(blocks: impl IntoIterator<Item = Cidr>, ports: &PortSet) -> Self {
        let blocks = blocks.into_iter();
        let mut ranges = Vec::with_capacity(blocks.size_hint().0);
        ranges.extend(blocks.flat_map(Cidr::ranges));
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        const OUTSIDE: u32 = 0;
        const INSIDE: u32 = 1;
        let mut parts = Vec::with_capacity(2 * merged.len() + 1);
        parts.push((0, OUTSIDE));
        for (first, last) in merged {
            parts.push((first, INSIDE));
            parts.extend(last.checked_add(1).map(|after| (after, OUTSIDE)));
        }
        Self::from_parts(parts, vec![PortSet::EMPTY, ports.clone()])
    }

    /// Returns the given ports of every address.
    #[must_use]
    pub fn any_address(ports: PortSet) -> Self {
        Self { parts: vec![(0, 0)], ports: vec![ports] }
    }

    /// Returns the set that from each of these places of the 128-bit space up to the next has the ports of this
    /// index. The places are sorted and start at 0; of two parts at one place the later one counts.
    #[must_use]
    pub fn from_parts(mut parts: Vec<(u128, u32)>, ports: Vec<PortSet>) -> Self {
        parts.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = later.1;
            }
            same
        });
        let mut distinct = Distinct::default();
        let mut candidates: Vec<Candidate> = ports.into_iter().map(Candidate::Unused).collect();
        for (_, index) in &mut parts {
            *index =
                candidates.get_mut(*index as usize).map_or(0, |candidate| candidate.number(&mut distinct));
        }
        parts.dedup_by(|later, earlier| later.1 == earlier.1);
        Self { parts, ports: distinct.ports }
    }

    /// Returns whether a destination is inside.
    #[must_use]
    pub fn contains(&self, endpoint: Endpoint) -> bool {
        self.ports(endpoint.address).contains(endpoint.port)
    }

    /// Returns the ports of an address that are inside.
    #[must_use]
    pub fn ports(&self, address: IpAddr) -> &PortSet {
        self.ports_at(address_number(address))
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ports.iter().all(PortSet::is_empty)
    }

    /// Returns the union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, PortSet::union)
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, PortSet::intersection)
    }

    /// Returns the complement.
    #[must_use]
    pub fn complement(&self) -> Self {
        // Different sets have different complements, so the parts do not change.
        Self { parts: self.parts.clone(), ports: self.ports.iter().map(PortSet::complement).collect() }
    }

    /// Replaces the set by its complement.
    #[must_use]
    pub fn into_complement(mut self) -> Self {
        for ports in &mut self.ports {
            *ports = ports.complement();
        }
        self
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, PortSet::difference)
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Returns a member, if there is one; an IPv4 address where possible, and a host rather than the
    /// first address of its block.
    #[must_use]
    pub fn witness(&self) -> Option<Endpoint> {
        let documentation = ["192.0.2.1", "2001:db8::1"].into_iter().filter_map(|text| text.parse().ok());
        let documentation = documentation.map(address_number).map(|number| (number, number));
        let parts = self.parts().filter(|(_, _, ports)| !ports.is_empty());
        let members = documentation.chain(parts.flat_map(|(first, last, _)| {
            let mapped = (first.max(MAPPED), last.min(MAPPED_LAST));
            [mapped, (first, last)].into_iter().filter(|(first, last)| first <= last)
        }));
        let members = members.filter_map(|(first, last)| {
            let number = first.saturating_add(1).min(last);
            Some(Endpoint { address: address_at(number), port: self.ports_at(number).witness()? })
        });
        members.min_by_key(|endpoint| !endpoint.address.is_ipv4())
    }

    /// Returns one member of each block of addresses and range of ports that is inside: where there is a
    /// choice an IPv4 address, an address for documentation, and a well-known port.
    pub fn witnesses(&self) -> impl Iterator<Item = Endpoint> {
        self.parts().flat_map(|(first, last, ports)| {
            let mapped = (first.max(MAPPED), last.min(MAPPED_LAST));
            let (first, last) = if mapped.0 <= mapped.1 { mapped } else { (first, last) };
            let familiar = (first..=last).contains(&DOCUMENTATION).then_some(DOCUMENTATION);
            let address = address_at(familiar.unwrap_or_else(|| first.saturating_add(1).min(last)));
            ports.ranges().iter().map(move |(first, last)| {
                let familiar = [443, 80, 53].into_iter().find(|port| (first..=last).contains(&port));
                Endpoint { address, port: familiar.unwrap_or_else(|| (*first).max(1).min(*last)) }
            })
        })
    }

    /// Returns the parts in order: first address, last address, ports. Places of the 128-bit space.
    pub fn parts(&self) -> impl Iterator<Item = (u128, u128, &PortSet)> {
        let ends = self.parts.iter().skip(1).map(|(next, _)| next.saturating_sub(1)).chain([u128::MAX]);
        self.parts.iter().zip(ends).map(|((first, index), last)| (*first, last, self.ports_of(*index)))
    }

    fn ports_at(&self, number: u128) -> &PortSet {
        let after = self.parts.partition_point(|(first, _)| *first <= number);
        let part = after.checked_sub(1).and_then(|at| self.parts.get(at));
        self.ports_of(part.map_or(0, |(_, index)| *index))
    }

    /// Returns where each part starts and the number of its ports: the places are sorted and start at 0.
    pub fn places(&self) -> &[(u128, u32)] {
        &self.parts
    }

    /// Returns the ports of a number.
    pub fn ports_of(&self, index: u32) -> &PortSet {
        static NONE: PortSet = PortSet::EMPTY;
        self.ports.get(index as usize).unwrap_or(&NONE)
    }

    /// Joins the ports of two sets address by address: each pair of port sets once, however many parts have it.
    fn combine(&self, other: &Self, join: impl Fn(&PortSet, &PortSet) -> PortSet) -> Self {
        let mut parts = Vec::with_capacity(self.parts.len() + other.parts.len());
        let mut ports = Vec::new();
        let mut joined: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let (mut left, mut right) = (self.parts.as_slice(), other.parts.as_slice());
        let mut start = 0;
        while let (Some((one, after_one)), Some((two, after_two))) = (left.split_first(), right.split_first())
        {
            let index = *joined.entry((one.1, two.1)).or_insert_with(|| {
                ports.push(join(self.ports_of(one.1), other.ports_of(two.1)));
                u32::try_from(ports.len() - 1).unwrap_or(u32::MAX)
            });
            parts.push((start, index));
            let next = after_one.first().into_iter().chain(after_two.first()).map(|(first, _)| *first).min();
            let Some(next) = next else { break };
            let reached = |after: &[(u128, u32)]| after.first().is_some_and(|(first, _)| *first == next);
            (left, right) = (
                if reached(after_one) { after_one } else { left },
                if reached(after_two) { after_two } else { right },
            );
            start = next;
        }
        Self::from_parts(parts, ports)
    }
}

/// A port set that a part may name: numbered when the first part names it.
enum Candidate {
    Unused(PortSet),
    Numbered(u32),
}

impl Candidate {
    fn number(&mut self, distinct: &mut Distinct) -> u32 {
        let number = match self {
            Self::Unused(ports) => distinct.add(std::mem::take(ports)),
            Self::Numbered(number) => *number,
        };
        *self = Self::Numbered(number);
        number
    }
}

/// Port sets, each once.
#[derive(Default)]
struct Distinct {
    ports: Vec<PortSet>,
    /// By port set its index, from the point on where there are many: comparing a few is faster than hashing.
    numbers: FxHashMap<PortSet, u32>,
}

impl Distinct {
    /// Up to this many are compared one by one.
    const FEW: usize = 8;

    fn add(&mut self, ports: PortSet) -> u32 {
        let next = u32::try_from(self.ports.len()).unwrap_or(u32::MAX);
        if self.ports.len() < Self::FEW {
            if let Some(known) = self.ports.iter().position(|known| *known == ports) {
                return u32::try_from(known).unwrap_or(u32::MAX);
            }
        } else {
            if self.numbers.is_empty() {
                self.numbers = self.ports.iter().cloned().zip(0..).collect();
            }
            let number = *self.numbers.entry(ports.clone()).or_insert(next);
            if number != next {
                return number;
            }
        }
        self.ports.push(ports);
        next
    }
}

#[cfg(test)]
mod tests;
