//! A line that repeats the keys of earlier ones -> its envelope, without reading those keys again.
//!
//! A program writes the same keys in the same order, line after line. What it writes between two values is a gap, such
//! as `","uid":`. The reader keeps the gaps of earlier lines and which came after which; a line that is made of known
//! gaps and values is read by comparing the former and taking the latter. Of any other line nothing is claimed, so that
//! it is read as if it were the first one.
//!
//! This is as strict as reading every byte. A gap is known together with the objects and arrays it lies in, and a gap
//! follows another only if it did so in a line that is JSON: what may come after a value depends on nothing else. Gaps
//! are compared in full, and values are read by the same [`Cursor`] as anywhere.

mod gap;
mod lesson;

use rustc_hash::FxHashMap;

use super::{Envelope, Origin, Unreadable, fast};
use crate::json::Cursor;
use gap::{Filling, Gap, Placed, Take};

/// Gaps that are kept: those of a few programs, with the labels of their pods.
const GAPS: usize = 4_096;
/// Gaps that may follow one gap.
const NEXT: usize = 32;
/// Lines that are learned from, so that a history in which no line is like another costs little more than without this.
const LESSONS: usize = 4_096;

/// A gap, and those that came after it, the usual ones first.
#[derive(Debug)]
struct Known {
    gap: Gap,
    next: Vec<u16>,
}

/// The gaps of earlier lines.
#[derive(Debug, Default)]
pub(crate) struct Familiar {
    known: Vec<Known>,
    /// The gaps that start a line.
    first: Vec<u16>,
    places: FxHashMap<Placed, u16>,
    lessons: usize,
}

impl Familiar {
    /// Reads a line, and remembers its gaps.
    pub(crate) fn read<'line>(&mut self, line: &'line str) -> Result<Envelope<'line>, Unreadable> {
        if let Some(envelope) = self.envelope(line) {
            return Ok(envelope);
        }
        let envelope = fast::envelope(line)?;
        if matches!(envelope.origin, Origin::Tetragon(_)) {
            self.learn(line);
        }
        Ok(envelope)
    }

    /// Reads a line of known gaps. Where it is not one, nothing is known about it.
    pub(super) fn envelope<'line>(&mut self, line: &'line str) -> Option<Envelope<'line>> {
        let mut cursor = Cursor::new(line);
        let mut filling = Filling::new();
        let mut before: Option<usize> = None;
        loop {
            let next = match before {
                None => &self.first,
                Some(before) => &self.known.get(before)?.next,
            };
            let (place, found) = next.iter().enumerate().find_map(|(place, next)| {
                let found = usize::from(*next);
                cursor.take(&self.known.get(found)?.gap.text).then_some((place, found))
            })?;
            // What comes often is tried first.
            if place > 0 {
                match before {
                    None => self.first.swap(place, place - 1),
                    Some(before) => self.known.get_mut(before)?.next.swap(place, place - 1),
                }
            }
            let gap = &self.known.get(found)?.gap;
            for enter in &gap.enters {
                filling.enter(*enter)?;
            }
            if gap.take == Take::End {
                let whole = cursor.is_at_end() && filling.envelope.origin != Origin::Telovix;
                return whole.then_some(filling.envelope);
            }
            filling.value(&mut cursor, gap.take)?;
            before = Some(found);
        }
    }

    /// Remembers the gaps of a line of Tetragon.
    fn learn(&mut self, line: &str) {
        if self.lessons >= LESSONS || self.known.len() >= GAPS {
            return;
        }
        self.lessons += 1;
        let Some(gaps) = lesson::gaps(line) else { return };
        let mut before: Option<usize> = None;
        for gap in gaps {
            let number = self.number(gap);
            let next = match before {
                None => &mut self.first,
                Some(before) => match self.known.get_mut(before) {
                    Some(known) => &mut known.next,
                    None => return,
                },
            };
            if !next.contains(&number) {
                if next.len() >= NEXT {
                    return;
                }
                next.push(number);
            }
            before = Some(usize::from(number));
        }
    }

    /// Returns the number of a gap, a new one if it is new.
    fn number(&mut self, placed: Placed) -> u16 {
        if let Some(number) = self.places.get(&placed) {
            return *number;
        }
        let number = u16::try_from(self.known.len()).unwrap_or(u16::MAX);
        self.known.push(Known { gap: placed.gap.clone(), next: Vec::new() });
        self.places.insert(placed, number);
        number
    }
}
