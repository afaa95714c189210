//! Date text -> calendar dates. There is no clock here: today comes from the caller.

use std::fmt;

/// A day of the Gregorian calendar. The order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first day of the calendar. Compared with it, nothing has expired.
    pub const FIRST: Self = Self { year: 1, month: 1, day: 1 };

    /// Parses `2026-11-20`.
    ///
    /// # Errors
    /// Refuses other spellings and days the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(DateError);
        }
        let mut parts = text.split('-').map(|part| part.parse::<u16>().unwrap_or(0));
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        match (year, month, day) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month, day).ok_or(DateError),
            _ => Err(DateError),
        }
    }

    /// Returns the day, if the calendar has it.
    #[must_use]
    pub fn new(year: u16, month: u16, day: u16) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let exists = (1..=days).contains(&day) && (1..=9_999).contains(&year);
        exists.then(|| Self {
            year,
            month: u8::try_from(month).unwrap_or(0),
            day: u8::try_from(day).unwrap_or(0),
        })
    }

    /// Returns the number of days from `earlier` to this day; negative when it is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        self.number() - earlier.number()
    }

    /// Counts days from the first of March of year 0, so that leap days come last in their years.
    fn number(self) -> i32 {
        let month = (i32::from(self.month) + 9) % 12;
        let year = i32::from(self.year) - i32::from(self.month <= 2);
        let leap_days = year / 4 - year / 100 + year / 400;
        365 * year + leap_days + (month * 306 + 5) / 10 + i32::from(self.day) - 1
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The text is no date.
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
    }
}
