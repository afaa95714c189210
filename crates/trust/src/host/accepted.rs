//! The epochs that a host accepted, and their signers -> the lowest epoch that it accepts next.

use serde::{Deserialize, Serialize};

use crate::encoding::Digest;
use crate::key::KeyId;
use crate::root::TrustRoot;
use crate::timestamp::Timestamp;

/// A fleet has a handful of signing keys, and each set of signers needs one entry at most. Beyond this many, the lowest
/// ones are forgotten.
const MAX_REMEMBERED: usize = 32;

/// The epochs a host accepted: for each set of signers the highest one, so that the host knows which remain
/// valid once one of the keys is revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedEpochs {
    /// Highest first; of two entries, neither is implied by the other.
    pub(super) entries: Vec<AcceptedEpoch>,
    pub(super) reset: Option<EpochReset>,
}

/// An epoch that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedEpoch {
    /// The epoch.
    pub number: u64,
    /// The digest of the manifest that carried it.
    pub manifest: Digest,
    /// When its approval was issued: signed evidence that the present is not earlier.
    pub issued_at: Timestamp,
    /// The keys whose signatures were accepted; empty in files of older versions of this tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<KeyId>,
    /// How many of them the trust root required.
    #[serde(default)]
    pub required: usize,
}

/// An operator's decision to accept lower epochs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochReset {
    /// The lowest epoch that is accepted since.
    pub epoch: u64,
    /// The latest signed evidence of time among the epochs that were forgotten.
    pub issued_at: Timestamp,
}

impl AcceptedEpochs {
    /// Returns the highest accepted epoch that still has enough signers after what the trust root revoked. What a
    /// revoked key signed is refused, so the epochs that it raised are ignored too.
    #[must_use]
    pub fn highest(&self, root: &TrustRoot) -> Option<&AcceptedEpoch> {
        self.entries.iter().find(|entry| entry.is_valid(root))
    }

    /// Returns the lowest epoch that the host accepts by this trust root, apart from the root's own minimum.
    #[must_use]
    pub fn lowest_acceptable(&self, root: &TrustRoot) -> u64 {
        let accepted = self.highest(root).map_or(0, |entry| entry.number);
        accepted.max(self.reset.map_or(0, |reset| reset.epoch))
    }

    /// Returns the highest epoch that was ever accepted since the last reset, revoked signers or not.
    #[must_use]
    pub fn highest_ever(&self) -> Option<u64> {
        let accepted = self.entries.first().map(|entry| entry.number);
        accepted.max(self.reset.map(|reset| reset.epoch))
    }

    /// Returns the latest signed evidence of time.
    pub(super) fn latest_evidence(&self) -> Option<Timestamp> {
        let accepted = self.entries.iter().map(|entry| entry.issued_at).max();
        accepted.max(self.reset.map(|reset| reset.issued_at))
    }

    /// Remembers an epoch, and forgets those it implies.
    pub(super) fn add(&mut self, new: AcceptedEpoch) {
        if self.entries.iter().any(|entry| entry.implies(&new)) {
            return;
        }
        self.entries.retain(|entry| !new.implies(entry));
        let place = self.entries.partition_point(|entry| entry.number >= new.number);
        self.entries.insert(place, new);
        self.entries.truncate(MAX_REMEMBERED);
    }

    /// Forgets every epoch above this one, and accepts this one and later ones.
    pub(super) fn reset(&mut self, epoch: u64) {
        let issued_at = self.latest_evidence().unwrap_or(Timestamp::from_seconds(0));
        self.entries.retain(|entry| entry.number <= epoch);
        self.reset = Some(EpochReset { epoch, issued_at });
    }
}

impl AcceptedEpoch {
    fn is_valid(&self, root: &TrustRoot) -> bool {
        let revoked = |id: &KeyId| root.key(*id).is_some_and(|key| key.revoked.is_some());
        self.signers.iter().filter(|id| !revoked(id)).count() >= self.required
    }

    /// Returns whether this entry is valid, and at least as high, whenever the other one is valid.
    fn implies(&self, other: &Self) -> bool {
        self.number >= other.number
            && self.required <= other.required
            && (self.required == 0 || other.signers.iter().all(|id| self.signers.contains(id)))
    }
}
