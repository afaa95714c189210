//! The sets of the IR as sets that can be covered.

use telovix_policy::confine::{CapabilitySet, EndpointSet, PathSet, PortSet};

use super::super::cover::Set;

/// Implements [`Set`] by the methods of the same name.
macro_rules! set_by_reference {
    ($($set:ty),+) => {$(
        impl Set for $set {
            fn intersection(&self, other: &Self) -> Self {
                <$set>::intersection(self, other)
            }
            fn union(&self, other: &Self) -> Self {
                <$set>::union(self, other)
            }
            fn difference(&self, other: &Self) -> Self {
                <$set>::difference(self, other)
            }
            fn is_empty(&self) -> bool {
                <$set>::is_empty(self)
            }
        }
    )+};
}

set_by_reference!(EndpointSet, PathSet, PortSet);

impl Set for CapabilitySet {
    fn intersection(&self, other: &Self) -> Self {
        Self::intersection(*self, *other)
    }
    fn union(&self, other: &Self) -> Self {
        Self::union(*self, *other)
    }
    fn difference(&self, other: &Self) -> Self {
        Self::difference(*self, *other)
    }
    fn is_empty(&self) -> bool {
        Self::is_empty(*self)
    }
}
