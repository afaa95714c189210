//! Turns RFC 3339 text in UTC into seconds and back, for validity windows and logs.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

const SECONDS_PER_DAY: i64 = 86_400;

/// How far the clock of whoever signed may run ahead of ours, in seconds.
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

    /// Returns the moment a system clock reading stands for, for callers that own a clock.
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
        let (year, month, day) = civil_from_days(self.0.div_euclid(SECONDS_PER_DAY));
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
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

/// Reads the fields; the caller compares the spelling, which also refuses 30 February.
fn parse(text: &str) -> Option<Timestamp> {
    if text.len() != 20 || !text.is_ascii() {
        return None;
    }
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(Timestamp(days_from_civil(year, month, day) * SECONDS_PER_DAY + seconds))
}

// Both conversions follow Howard Hinnant, "chrono-compatible low-level date algorithms": the year
// starts in March, so that the leap day is its last one, and 400 years are 146,097 days.

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
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
