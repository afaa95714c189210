//! How far an epoch may run ahead of the clock, so that nobody can use up all epochs there are.
//!
//! Epochs are times in seconds. An honest one runs ahead only where bundles are signed faster than the clock counts,
//! each one higher than the one before, and by the five minutes that two clocks may differ. A stolen key, on the other
//! hand, could sign the highest number there is, and no later bundle would be newer. With this bound it can hold a host
//! back for a day.

use crate::timestamp::Timestamp;

/// How many seconds an epoch may be ahead of the time at which it is signed, and at which it is verified.
pub const MAX_EPOCH_LEAD: u64 = 86_400;

/// Returns the highest epoch that is signed or accepted at this time.
#[must_use]
pub fn highest_epoch(now: Timestamp) -> u64 {
    now.seconds().unsigned_abs().saturating_add(MAX_EPOCH_LEAD)
}
