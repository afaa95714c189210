//! Date text -> calendar dates. There is no clock here: the caller passes today's date.

use std::fmt;

use jiff::civil;

/// A day of the Gregorian calendar, from year 1 to 9999. The order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The first day. Nothing has expired before it.
    pub const FIRST: Self = Self(civil::date(1, 1, 1));

    /// Parses `2026-11-20`.
    ///
    /// # Errors
    /// Returns an error for other notations and for days that the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let date: civil::Date = text.parse().map_err(|_| DateError)?;
        // jiff also reads `20261120`, `2026-11-20T08:00` and the like.
        let date = Self(date);
        (date >= Self::FIRST && date.to_string() == text).then_some(date).ok_or(DateError)
    }

    /// Returns the day, if the calendar has it.
    #[must_use]
    pub fn new(year: u16, month: u16, day: u16) -> Option<Self> {
        let (year, month, day) =
            (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        civil::Date::new(year, month, day).ok().map(Self).filter(|date| *date >= Self::FIRST)
    }

    /// Returns the number of days from `earlier` to this day; negative when it is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// The text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateError;

impl fmt::Display for DateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not a date such as `2026-11-20`")
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn counts_days_over_months_and_leap_years() {
        let days = |from: &str, to: &str| {
            let date = |text: &str| Date::parse(text).expect("a date");
            date(to).days_since(date(from))
        };
        assert_eq!(days("2026-11-21", "2026-11-21"), 0);
        assert_eq!(days("2026-11-21", "2026-12-21"), 30);
        assert_eq!(days("2026-11-21", "2026-11-20"), -1);
        assert_eq!(days("2028-02-28", "2028-03-01"), 2);
        assert_eq!(days("2100-02-28", "2100-03-01"), 1);
        assert_eq!(days("2026-01-01", "2027-01-01"), 365);
        assert_eq!(days("0001-01-01", "9999-12-31"), 3_652_058);
    }

    #[test]
    fn reads_one_notation_and_days_of_the_calendar() {
        for text in ["0001-01-01", "2026-11-20", "2028-02-29", "9999-12-31"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "20261120",
            "2026-11-20T00:00",
            "2026-11-20[u-ca=iso8601]",
            "+002026-11-20",
            "2026-1-2",
            " 2026-11-20",
            "2026-11-20\n",
            "2026-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "0000-01-01",
            "-000001-01-01",
            "2026-W47-5",
        ] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn makes_days_of_the_calendar_alone() {
        assert_eq!(Date::new(1, 1, 1), Some(Date::FIRST));
        for (year, month, day) in [(0, 1, 1), (10_000, 1, 1), (40_000, 1, 1), (2026, 2, 29), (2026, 1, 300)] {
            assert_eq!(Date::new(year, month, day), None, "{year} {month} {day}");
        }
    }
}
