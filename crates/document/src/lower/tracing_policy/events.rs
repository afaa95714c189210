//! What one selector matches at one hook: a region of each operation, and what the native runtime does not see.

use telovix_policy::confine::{Operation, Region};

/// The events of a hook that a selector matches. The regions of one hook have the same operations in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Events {
    /// What the native runtime sees, by operation.
    pub(super) regions: Vec<(Operation, Region)>,
    /// Whether it also matches what the native runtime does not see.
    pub(super) unseen: bool,
    /// Whether executions without a path are among the events only because a deleted file may match.
    pub(super) maybe_deleted: bool,
}

impl Events {
    /// Returns whether there is nothing to match.
    pub(super) fn is_empty(&self) -> bool {
        !self.unseen && self.regions.iter().all(|(_, region)| region.is_empty())
    }

    /// Returns what is in these events but not in others of the same hook.
    pub(super) fn difference(&self, other: &Self) -> Self {
        self.join(other, |own, other| own.clone().difference(other), self.unseen && !other.unseen)
    }

    /// Returns what both have.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.join(other, |own, other| own.clone().intersection(other), self.unseen && other.unseen)
    }

    /// Returns whether some event is in both for certain.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let mut shared = self.intersection(other);
        if shared.maybe_deleted {
            for (_, region) in &mut shared.regions {
                if let Region::Exec { anonymous, .. } = region {
                    *anonymous = false;
                }
            }
        }
        !shared.is_empty()
    }

    fn join(&self, other: &Self, regions: impl Fn(&Region, &Region) -> Region, unseen: bool) -> Self {
        let pairs = self.regions.iter().zip(&other.regions);
        let joined = pairs.map(|((operation, own), (_, other))| (*operation, regions(own, other)));
        let maybe_deleted = self.maybe_deleted || other.maybe_deleted;
        Self { regions: joined.collect(), unseen, maybe_deleted }
    }
}
