//! Times of one thing -> how often it was seen in each hour, from which windows can be cut.

use std::ops::Range;

use crate::moment::Moment;

/// Events of one hour, in few bytes: histories have many different paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hour {
    /// Hours since 1970, or [`TIMELESS`].
    hour: i32,
    events: u32,
    /// Those in the first minute of their process.
    early: u32,
    /// Those whose process has a known start.
    aged: u32,
    /// Those that a policy denied or killed.
    denied: u32,
    /// Seconds of the first and the last of them in the hour.
    first: u16,
    last: u16,
}

/// The hour of events without a time.
const TIMELESS: i32 = i32::MIN;
/// Seconds.
const HOUR: i64 = 3_600;

/// How often something was seen, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// By hour, events without a time first.
    hours: Vec<Hour>,
    /// Whether some event says that the path is a directory.
    directory: bool,
}

/// One event, as far as counting goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Once {
    /// When it was.
    pub time: Option<Moment>,
    /// Seconds since the start of the process.
    pub age: Option<i64>,
    /// Whether a policy denied it.
    pub denied: bool,
    /// Whether it says that the path is a directory.
    pub directory: bool,
}

/// Events of one hour.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HourOf {
    pub(crate) events: u64,
    /// Those in the first minute of their process.
    pub(crate) early: u64,
    /// Those whose process has a known start.
    pub(crate) aged: u64,
    /// Those that a policy denied or killed.
    pub(crate) denied: u64,
    /// Seconds of the first and the last of them in the hour.
    pub(crate) first: u16,
    pub(crate) last: u16,
    /// Whether one of them says that the path is a directory.
    pub(crate) directory: bool,
}

/// The first part of the life of a process, in seconds.
pub(crate) const START: i64 = 60;

impl Seen {
    /// Counts an event.
    pub fn add(&mut self, once: Once) {
        self.directory |= once.directory;
        let second =
            once.time.map_or(0, |time| u16::try_from(time.since(Moment::of_hour(time.hour()))).unwrap_or(0));
        self.count(Hour {
            hour: once.time.map_or(TIMELESS, |time| i32::try_from(time.hour()).unwrap_or(i32::MAX)),
            events: 1,
            early: u32::from(once.age.is_some_and(|age| (0..START).contains(&age))),
            aged: u32::from(once.age.is_some()),
            denied: u32::from(once.denied),
            first: second,
            last: second,
        });
    }

    /// Counts events of one hour since 1970, or of no time.
    pub(crate) fn add_hour(&mut self, hour: Option<i64>, events: HourOf) {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        self.directory |= events.directory;
        self.count(Hour {
            hour: hour.map_or(TIMELESS, |hour| i32::try_from(hour).unwrap_or(i32::MAX)),
            events: small(events.events),
            early: small(events.early),
            aged: small(events.aged),
            denied: small(events.denied),
            first: events.first,
            last: events.last,
        });
    }

    fn count(&mut self, more: Hour) {
        match self.hours.binary_search_by_key(&more.hour, |hour| hour.hour) {
            Ok(at) => {
                if let Some(hour) = self.hours.get_mut(at) {
                    hour.absorb(&more);
                }
            }
            Err(at) => self.hours.insert(at, more),
        }
    }

    /// Adds what was seen elsewhere.
    pub fn absorb(&mut self, other: &Self) {
        self.directory |= other.directory;
        if self.hours.is_empty() {
            self.hours.clone_from(&other.hours);
        } else {
            other.hours.iter().for_each(|hour| self.count(*hour));
        }
    }

    /// Returns what was seen in some hours since 1970. Events without a time are in every part.
    #[must_use]
    pub fn within(&self, hours: &Range<i64>) -> Self {
        let inside = |hour: &&Hour| hour.hour == TIMELESS || hours.contains(&i64::from(hour.hour));
        Self { hours: self.hours.iter().filter(inside).copied().collect(), directory: self.directory }
    }

    fn sum(&self, of: impl Fn(&Hour) -> u32) -> u64 {
        self.hours.iter().map(|hour| u64::from(of(hour))).sum()
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.sum(|hour| hour.events)
    }

    /// Returns the number of events that a policy denied or killed.
    #[must_use]
    pub fn denied(&self) -> u64 {
        self.sum(|hour| hour.denied)
    }

    /// Returns whether the start of the process is known for all events, and at least 95 % of them are in the first
    /// minute after it.
    #[must_use]
    pub fn is_of_start(&self) -> bool {
        let (early, aged) = (self.sum(|hour| hour.early), self.sum(|hour| hour.aged));
        aged > 0 && aged == self.events() && early.saturating_mul(100) >= aged.saturating_mul(95)
    }

    /// Returns the times of the first and the last event; none when no event has one.
    #[must_use]
    pub fn span(&self) -> Option<(Moment, Moment)> {
        let timed = || self.hours.iter().filter(|hour| hour.hour != TIMELESS);
        let at =
            |hour: &Hour, second: u16| Moment::from_seconds(i64::from(hour.hour) * HOUR + i64::from(second));
        let (first, last) = (timed().next()?, timed().next_back()?);
        Some((at(first, first.first), at(last, last.last)))
    }

    /// Returns in how many different hours it was seen.
    #[must_use]
    pub fn hours(&self) -> usize {
        self.hours.len()
    }

    /// Returns whether some event says that the path is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.directory
    }

    /// Returns whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hours.is_empty()
    }
}

impl Hour {
    fn absorb(&mut self, more: &Self) {
        self.events = self.events.saturating_add(more.events);
        self.early = self.early.saturating_add(more.early);
        self.aged = self.aged.saturating_add(more.aged);
        self.denied = self.denied.saturating_add(more.denied);
        self.first = self.first.min(more.first);
        self.last = self.last.max(more.last);
    }
}

#[cfg(test)]
mod tests {
    use super::{HOUR, Once, Seen};
    use crate::moment::Moment;

    fn once(second: i64, age: Option<i64>) -> Once {
        Once { time: Some(Moment::from_seconds(second)), age, ..Once::default() }
    }

    #[test]
    fn windows_are_cut_from_hours_and_keep_what_has_no_time() {
        let mut seen = Seen::default();
        [10, 20, HOUR + 5, 3 * HOUR].iter().for_each(|second| seen.add(once(*second, None)));
        seen.add(Once::default());
        assert_eq!((seen.events(), seen.within(&(0..1)).events(), seen.within(&(1..4)).events()), (5, 3, 3));
        let span = seen.within(&(0..2)).span().map(|(first, last)| last.since(first));
        assert_eq!(span, Some(HOUR - 5));
        assert!(seen.within(&(7..9)).span().is_none());
    }

    #[test]
    fn the_first_minute_is_known_only_with_the_start_of_the_process() {
        let of = |ages: &[Option<i64>]| {
            let mut seen = Seen::default();
            ages.iter().for_each(|age| seen.add(once(0, *age)));
            seen.is_of_start()
        };
        assert!(of(&[Some(0), Some(59)]));
        assert!(!of(&[Some(0), Some(60)]) && !of(&[Some(0), None]) && !of(&[]) && !of(&[Some(-1)]));
    }
}
