//! Sets of ports as sorted, disjoint, non-adjacent ranges.

use crate::value::PortRange;

/// A set of ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PortSet {
    /// Inclusive ranges; sorted, disjoint, never adjacent, so that equal sets are equal values.
    ranges: Vec<(u16, u16)>,
}

impl PortSet {
    /// The set without a port.
    pub const EMPTY: Self = Self { ranges: Vec::new() };

    /// Returns the set of all ports.
    #[must_use]
    pub fn all() -> Self {
        Self { ranges: vec![(0, u16::MAX)] }
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns whether a port is inside.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.range_of(port).is_some()
    }

    /// Returns the union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len().max(other.ranges.len()));
        let (mut left, mut right) = (self.ranges.as_slice(), other.ranges.as_slice());
        while let (Some((one, after_one)), Some((two, after_two))) = (left.split_first(), right.split_first())
        {
            let shared = (one.0.max(two.0), one.1.min(two.1));
            if shared.0 <= shared.1 {
                ranges.push(shared);
            }
            // The range that ends first overlaps no later one.
            if one.1 <= two.1 { left = after_one } else { right = after_two }
        }
        Self { ranges }
    }

    /// Returns the complement.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = Some(0_u16);
        for (first, last) in &self.ranges {
            if let (Some(start), Some(end)) = (next, first.checked_sub(1))
                && start <= end
            {
                ranges.push((start, end));
            }
            next = last.checked_add(1);
        }
        ranges.extend(next.map(|start| (start, u16::MAX)));
        Self { ranges }
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement())
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        let within =
            |(first, last): &(u16, u16)| other.range_of(*first).is_some_and(|range| *last <= range.1);
        self.ranges.iter().all(within)
    }

    /// Returns a member, if there is one. Port 0 is the last choice: no service listens there.
    #[must_use]
    pub fn witness(&self) -> Option<u16> {
        let (first, last) = *self.ranges.first()?;
        match (first, last, self.ranges.get(1)) {
            (0, 0, Some((second, _))) => Some(*second),
            (0, 1.., _) => Some(1),
            (first, _, _) => Some(first),
        }
    }

    /// Returns the inclusive ranges in order.
    #[must_use]
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.ranges
    }

    /// Returns the range that contains a port.
    fn range_of(&self, port: u16) -> Option<(u16, u16)> {
        let after = self.ranges.partition_point(|range| range.0 <= port);
        let last_begun = self.ranges.get(after.checked_sub(1)?)?;
        (port <= last_begun.1).then_some(*last_begun)
    }

    /// Returns the ports of these inclusive ranges.
    #[must_use]
    pub fn from_ranges(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }
}

impl FromIterator<PortRange> for PortSet {
    fn from_iter<I: IntoIterator<Item = PortRange>>(ports: I) -> Self {
        Self::from_ranges(ports.into_iter().map(|range| (range.first(), range.last())).collect())
    }
}

#[cfg(test)]
mod tests;
