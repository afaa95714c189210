//! `--as-of DATE` and the system clock -> the date that exceptions are compared with.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use telovix_diagnostic::Code;
use telovix_policy::value::Date;

use crate::exit::Exit;
use crate::failure::Failure;

/// The system clock has no valid date.
pub(crate) static NO_DATE: Code = Code::page(include_str!("day.md"));

/// The date of a run.
#[derive(Debug, Args)]
pub(crate) struct Day {
    /// Leave out exceptions that ended before this date (YYYY-MM-DD). Without it, all exceptions are in force, and an
    /// expired one is an error.
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
}

impl Day {
    /// Returns the date given with `--as-of`.
    pub(crate) fn asked(&self) -> Option<Date> {
        self.as_of
    }

    /// Returns the date to compare expiry dates with; without `--as-of`, one that is before all of them.
    pub(crate) fn as_of(&self) -> Date {
        self.as_of.unwrap_or(Date::FIRST)
    }

    /// Returns the date that findings refer to: `--as-of`, else today.
    ///
    /// # Errors
    /// Without `--as-of`, when the system clock has no valid date.
    pub(crate) fn of_findings(&self) -> Result<Date, Failure> {
        self.as_of.map_or_else(today, Ok)
    }
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|_| "expected a date such as 2027-01-31".to_owned())
}

/// Returns today's date in UTC.
fn today() -> Result<Date, Failure> {
    let wrong =
        |message| Failure::new(Exit::CannotRun, &NO_DATE, message).help("set the date with `--as-of`");
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let since_epoch = since_epoch.map_err(|_| wrong("the system clock is before the year 1970"))?;
    let after = "the system clock is after the year 9999";
    day(since_epoch.as_secs() / 86_400).ok_or_else(|| wrong(after))
}

/// Converts days since 1 January 1970 to a date, with Howard Hinnant's `civil_from_days`: years start in March, so
/// that the leap day is the last day of its year.
fn day(since_epoch: u64) -> Option<Date> {
    let shifted = since_epoch + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let number = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    Date::new(number(year), number(month), number(day))
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_over_leap_years() {
        let cases = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_777, "2026-11-20"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ];
        for (days, date) in cases {
            assert_eq!(day(days).map(|day| day.to_string()).as_deref(), Some(date));
        }
    }
}
