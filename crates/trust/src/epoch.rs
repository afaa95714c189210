//! A time -> the highest epoch accepted at that time, so that one signature cannot use up all epochs.
//!
//! Epochs are times in seconds. A legitimate one is ahead only where several bundles are signed within one second, each
//! one higher than the one before, and by the five minutes that two clocks may differ. A stolen key could sign the
//! highest possible number, and no later bundle would be newer. With this bound it can block updates of a host for a day
//! at most.

use crate::timestamp::Timestamp;

/// How many seconds an epoch may be ahead of the time at which it is signed, and at which it is verified.
pub const MAX_EPOCH_LEAD: u64 = 86_400;

/// Returns the highest epoch that is signed or accepted at this time.
#[must_use]
pub fn highest_epoch(now: Timestamp) -> u64 {
    now.seconds().unsigned_abs().saturating_add(MAX_EPOCH_LEAD)
}
