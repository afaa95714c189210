//! The values of filters on addresses, ports and families -> sets of them.

use std::net::IpAddr;

use super::number_set::decimal_range;

/// Address blocks. IPv4 and IPv6 are separate: an IPv4-mapped block is one of IPv6 and contains no IPv4 address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct AddressSet {
    four: Vec<(u32, u32)>,
    six: Vec<(u128, u128)>,
}

impl AddressSet {
    /// Reads addresses and blocks; `None` if Tetragon rejects one.
    pub(super) fn read<'value>(values: impl Iterator<Item = &'value str>) -> Option<Self> {
        let mut set = Self::default();
        for text in values {
            let (address, length) = match text.split_once('/') {
                Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
                None => (text, None),
            };
            // A zone is read and dropped.
            let address = address.split_once('%').map_or(address, |(address, _)| address);
            match address.parse().ok()? {
                IpAddr::V4(address) => {
                    let free = 32_u32.checked_sub(length.unwrap_or(32))?;
                    let mask = u32::MAX.checked_shl(free).unwrap_or(0);
                    set.four.push((address.to_bits() & mask, address.to_bits() | !mask));
                }
                IpAddr::V6(address) => {
                    let free = 128_u32.checked_sub(length.unwrap_or(128))?;
                    let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                    set.six.push((address.to_bits() & mask, address.to_bits() | !mask));
                }
            }
        }
        merge(&mut set.four, |last| last.checked_add(1));
        merge(&mut set.six, |last| last.checked_add(1));
        Some(set)
    }

    /// Returns whether an address is inside.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => within(&self.four, address.to_bits()),
            IpAddr::V6(address) => within(&self.six, address.to_bits()),
        }
    }

    /// Returns the first address of each block, and the first one after it.
    pub(super) fn edges(&self) -> impl Iterator<Item = IpAddr> {
        let four = self.four.iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]);
        let six = self.six.iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]);
        let four = four.flatten().map(|bits| IpAddr::V4(bits.into()));
        four.chain(six.flatten().map(|bits| IpAddr::V6(bits.into())))
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn merge<N: Ord + Copy>(ranges: &mut Vec<(N, N)>, next: impl Fn(N) -> Option<N>) {
    ranges.sort_unstable();
    ranges.dedup_by(|later, earlier| {
        let touches = next(earlier.1).is_none_or(|after| later.0 <= after);
        if touches {
            earlier.1 = earlier.1.max(later.1);
        }
        touches
    });
}

fn within<N: Ord + Copy>(ranges: &[(N, N)], number: N) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= number);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| number <= *last)
}

/// Ports, or other small numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Numbers(Vec<(u32, u32)>);

impl Numbers {
    /// Returns the ports below 1024.
    pub(super) fn privileged() -> Self {
        Self(vec![(0, 1023)])
    }

    /// Reads numbers, ranges `min:max` and names from a table; `None` if Tetragon rejects one, or if there is none.
    pub(super) fn read<'value>(
        values: impl Iterator<Item = &'value str>,
        named: impl Fn(&str) -> Option<u32>,
    ) -> Option<Self> {
        let one = |text: &str| {
            if let Some(number) = named(text) {
                return Some((number, number));
            }
            let (first, last) = decimal_range(text, false)?;
            let cut = |end: i128| u32::try_from(end).unwrap_or(u32::MAX);
            Some((cut(first), cut(last)))
        };
        let mut ranges = values.map(one).collect::<Option<Vec<_>>>().filter(|ranges| !ranges.is_empty())?;
        merge(&mut ranges, |last| last.checked_add(1));
        Some(Self(ranges))
    }

    /// Returns whether a number is inside.
    pub(super) fn contains(&self, number: u32) -> bool {
        within(&self.0, number)
    }

    /// Returns the first number of each range, and the first one after it.
    pub(super) fn edges(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten()
    }
}

/// Returns the number of an address family: that of IPv4 or of IPv6.
pub(super) fn family_of(address: IpAddr) -> u32 {
    if address.is_ipv4() { 2 } else { 10 }
}

/// Returns the number of a family's name, of those that destinations of events can have.
pub(super) fn family(name: &str) -> Option<u32> {
    // Every other family is none of an IP destination, whatever its number is.
    match name {
        "AF_INET" => Some(2),
        "AF_INET6" => Some(10),
        _ => name.starts_with("AF_").then_some(u32::MAX),
    }
}
