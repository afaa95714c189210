//! RFC 3339 -> a point in time that can be compared and put into an hour, and back.

use std::fmt;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A point in time: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Returns the moment at these seconds since 1970.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Reads RFC 3339; parts of a second are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (date, rest) = bytes.split_at_checked(19)?;
        let digits = |from: usize, to: usize| -> Option<i64> {
            date.get(from..to)?.iter().try_fold(0, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
            })
        };
        let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if marks.iter().any(|(at, mark)| date[*at] != *mark) || !matches!(date[10], b'T' | b't' | b' ') {
            return None;
        }
        let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
        let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
        let exists = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        if !exists || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let fraction = match rest.split_first() {
            Some((b'.', digits)) => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        let offset = match rest.get(fraction..)? {
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if fraction != 1 => {
                let parts = [h1, h2, m1, m2];
                if !parts.iter().all(|digit| digit.is_ascii_digit()) {
                    return None;
                }
                let [h1, h2, m1, m2] = parts.map(|digit| i64::from(digit - b'0'));
                let east = (h1 * 10 + h2) * HOUR + (m1 * 10 + m2) * MINUTE;
                if *sign == b'-' { -east } else { east }
            }
            _ => return None,
        };
        (fraction != 1).then(|| {
            Self(days_before(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second - offset)
        })
    }

    /// Returns the start of its hour, in hours since 1970.
    #[must_use]
    pub fn hour(self) -> i64 {
        self.0.div_euclid(HOUR)
    }

    /// Returns the hour of the day in UTC, 0 to 23.
    #[must_use]
    pub fn hour_of_day(self) -> usize {
        usize::try_from(self.hour().rem_euclid(24)).unwrap_or(0)
    }

    /// Returns the start of an hour that [`Moment::hour`] gave.
    #[must_use]
    pub fn of_hour(hour: i64) -> Self {
        Self(hour * HOUR)
    }

    /// Returns the seconds from an earlier moment to this one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Moment {
    /// Writes RFC 3339 in UTC.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        let (hour, minute) = (second / HOUR, second / MINUTE % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % MINUTE)
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days from 1970-01-01 to a date. Years start in March, so that the leap day comes last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Returns the date that lies these days after 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{DAY, Moment};

    #[test]
    fn what_is_written_is_read_again() {
        for days in (-700_000..3_000_000).step_by(37) {
            let moment = Moment(days * DAY + days.rem_euclid(DAY));
            let text = moment.to_string();
            if text.len() == 20 {
                assert_eq!(Moment::parse(&text), Some(moment), "{text}");
            }
        }
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let noon = Moment(1_700_000_000);
        assert_eq!(noon.to_string(), "2023-11-14T22:13:20Z");
        for text in
            ["2023-11-14T22:13:20.999999999Z", "2023-11-15T00:13:20+02:00", "2023-11-14T14:43:20.5-07:30"]
        {
            assert_eq!(Moment::parse(text), Some(noon), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2023",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.5",
            "2023-11-14T22:13:20+0200",
            "2023-11-14X22:13:20Z",
            "20é3-11-14T22:13:20Z",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
