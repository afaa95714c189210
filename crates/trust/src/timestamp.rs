//! RFC 3339 text in UTC -> seconds and back, for validity windows and logs.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use serde::{Deserialize, Serialize};

/// The start of Unix time in UTC. Civil time is used because `jiff::Timestamp` ends before the year 9999 does.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// How far the clock of the signing machine may be ahead of ours, in seconds.
pub(crate) const CLOCK_SKEW: i64 = 300;

/// A moment in whole seconds since 1970-01-01T00:00:00Z, between the years 1970 and 9999.
///
/// Written and read as `2026-11-21T10:00:00Z`; no other offset and no fractions, so that one moment
/// has one spelling in everything that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Why a text is not a [`Timestamp`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time; expected UTC as in `2026-11-21T10:00:00Z`")]
pub struct TimestampError(String);

impl Timestamp {
    /// The last moment that can be written, 9999-12-31T23:59:59Z.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// Returns the moment this many seconds after 1970-01-01T00:00:00Z, clamped to the years 1970 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Timestamp(seconds.clamp(0, Self::MAX.0))
    }

    /// Returns the moment of a system clock reading, for callers that read a clock.
    #[must_use]
    pub fn from_system_time(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self::from_seconds(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
    }

    /// Returns seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Returns the moment this many seconds later, clamped to the last one that can be written.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            EPOCH.checked_add(SignedDuration::from_secs(self.0)).expect("the year is 9999 or earlier");
        write!(out, "{moment}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let parsed = parse(text).filter(|moment| moment.to_string() == text);
        parsed.ok_or_else(|| TimestampError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> String {
        moment.to_string()
    }
}

/// Parses the date and time; the caller compares the spelling, which also refuses fractions and other variants.
fn parse(text: &str) -> Option<Timestamp> {
    let moment: DateTime = text.strip_suffix('Z')?.parse().ok()?;
    let seconds = moment.duration_since(EPOCH).as_secs();
    (0..=Timestamp::MAX.0).contains(&seconds).then_some(Timestamp(seconds))
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn known_moments_have_one_spelling() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_255_200, "2026-11-21T10:00:00Z"),
            (Timestamp::MAX.seconds(), "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::from_seconds(seconds)));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "2026-02-30T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:00:60Z",
            "2026-11-21t10:00:00z",
            "2026-11-21T10:00:00+00:00",
            "2026-11-21 10:00:00Z",
            "2026-1-21T10:00:00Z",
            "+026-11-21T10:00:00Z",
            "",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text} was read");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_moment(seconds in 0..=Timestamp::MAX.seconds()) {
            let moment = Timestamp::from_seconds(seconds);
            proptest::prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }
}
