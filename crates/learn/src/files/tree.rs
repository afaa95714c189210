//! Paths of one binary -> a tree of folders with counts.

use std::collections::BTreeMap;

use telovix_replay::Moment;
use telovix_replay::observe::Seen;

/// A folder or a file, and what is below it.
#[derive(Debug, Default)]
pub(super) struct Node<'path> {
    pub(super) children: BTreeMap<&'path str, Node<'path>>,
    /// Events at this path and below it.
    pub(super) events: u64,
    /// Whether this very path was used, not only others below it.
    pub(super) used: bool,
    /// Whether everything that begins with this path belongs to it: something that changes was cut off.
    pub(super) cut: bool,
    /// The first and the last event.
    span: Option<(Moment, Moment)>,
}

impl<'path> Node<'path> {
    /// Adds a path without its first `/`.
    pub(super) fn add(&mut self, path: &'path str, cut: bool, seen: &Seen) {
        self.count(seen);
        let (name, rest) = path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let child = self.children.entry(name).or_default();
        match rest {
            // What was cut off began a name of its own.
            Some("") if cut => {
                child.count(seen);
                child.children.entry("").or_default().end(true, seen);
            }
            Some(rest) => child.add(rest, cut, seen),
            None => child.end(cut, seen),
        }
    }

    fn end(&mut self, cut: bool, seen: &Seen) {
        self.count(seen);
        self.used = true;
        self.cut |= cut;
    }

    fn count(&mut self, seen: &Seen) {
        self.events += seen.events();
        self.span = match (self.span, seen.span()) {
            (Some(left), Some(right)) => Some((left.0.min(right.0), left.1.max(right.1))),
            (left, right) => left.or(right),
        };
    }

    /// Returns whether a name in this folder was used on one occasion only: once, or in a short part of the time in which
    /// the folder was used, as a temporary file or a segment is.
    pub(super) fn is_brief(&self, child: &Self) -> bool {
        let seconds = |span: (Moment, Moment)| span.1.since(span.0);
        let short = match (child.span.map(seconds), self.span.map(seconds)) {
            (Some(short), Some(long)) => {
                let few = child.events <= FEW_EVENTS && short <= OCCASION && short.saturating_mul(4) < long;
                few || short.saturating_mul(PART) < long
            }
            _ => false,
        };
        child.events == 1 || short
    }

    /// Returns the middle of the time in which this folder was used; none for a short time.
    fn middle(&self, least: i64) -> Option<Moment> {
        let (first, last) = self.span?;
        let seconds = last.since(first);
        (seconds >= least).then(|| Moment::from_seconds(first.since(Moment::from_seconds(0)) + seconds / 2))
    }

    /// Returns whether a name in this folder came in the second half of the time in which the folder was used.
    pub(super) fn is_late(&self, child: &Self) -> bool {
        self.middle(1).zip(child.span).is_some_and(|(middle, span)| span.0 > middle)
    }

    /// Returns whether nothing new came in the second half of the time in which this folder was used, although it was
    /// used then: its files are all known.
    pub(super) fn is_complete(&self) -> bool {
        let Some(middle) = self.middle(LEAST_SECONDS) else { return false };
        let spans = || self.children.values().filter_map(|child| child.span);
        let used = spans().filter(|span| span.1 > middle).count();
        !spans().any(|span| span.0 > middle) && used * 2 >= self.children.len()
    }
}

/// The longest occasion, in seconds, and its most events.
const OCCASION: i64 = 60;
const FEW_EVENTS: u64 = 8;
/// The whole, in lengths of the longest occasion with any number of events.
const PART: i64 = 20;
/// A folder that was used for a shorter time, in seconds, is never called complete.
const LEAST_SECONDS: i64 = 2 * 3_600;
