//! One version of a trust root and the next -> whether the next may follow, whatever tool wrote it.
//!
//! The tool that makes a version and the host that reads one use the same check, so that the holder of a stolen root
//! key cannot write by hand what the tool would refuse.

use super::TrustRoot;
use crate::key::KeyId;
use crate::timestamp::Timestamp;

/// Why a version does not follow the one before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// The version was made before the one it follows.
    #[error("it was issued at {issued_at}, before the version it follows")]
    IssuedEarlier {
        /// The time in it.
        issued_at: Timestamp,
    },
    /// A revoked key is listed differently, or is no longer listed: only as revoked is it never trusted again.
    #[error("key {} is revoked and stays revoked", .0.short())]
    Revoked(KeyId),
    /// The minimum epoch only rises.
    #[error("the minimum epoch is {current} and only rises; {wanted} was requested")]
    EpochFalls {
        /// What it was.
        current: u64,
        /// What it would be.
        wanted: u64,
    },
}

impl TrustRoot {
    /// Refuses a version that may not follow this one. Signatures are checked elsewhere.
    pub(super) fn check_successor(&self, next: &TrustRoot) -> Result<(), SuccessionError> {
        if next.issued_at < self.issued_at {
            return Err(SuccessionError::IssuedEarlier { issued_at: next.issued_at });
        }
        let mut revoked = self.keys.iter().filter(|key| key.revoked.is_some());
        if let Some(changed) = revoked.find(|key| next.key(key.id) != Some(*key)) {
            return Err(SuccessionError::Revoked(changed.id));
        }
        if next.minimum_epoch < self.minimum_epoch {
            let (current, wanted) = (self.minimum_epoch, next.minimum_epoch);
            return Err(SuccessionError::EpochFalls { current, wanted });
        }
        Ok(())
    }
}
