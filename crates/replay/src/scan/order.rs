//! Tallies of pieces, in any order -> the tally of their file, added up in theirs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::stream::Incomplete;
use crate::tally::Tally;

/// How a file ended.
pub(super) type End = (Option<String>, Option<Incomplete>);
/// The tally of a whole file, and how that ended.
pub(super) type Whole = (Tally, End);

/// The tally of a file that is being read.
#[derive(Debug, Default)]
pub(super) struct Ordered(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sum: Tally,
    next: u64,
    early: BTreeMap<u64, Tally>,
    end: Option<(u64, End)>,
}

impl Ordered {
    /// Adds the tally of a piece; returns the whole when it was the last one.
    pub(super) fn add(&self, number: u64, tally: Tally) -> Option<Whole> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.early.insert(number, tally);
        let mut next = state.next;
        while let Some(tally) = state.early.remove(&next) {
            let lines = state.sum.lines;
            state.sum.absorb(tally, lines);
            next += 1;
        }
        state.next = next;
        state.whole()
    }

    /// Says how many pieces there are; returns the whole when they were all added.
    pub(super) fn close(&self, pieces: u64, end: End) -> Option<Whole> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.end = Some((pieces, end));
        state.whole()
    }
}

impl State {
    fn whole(&mut self) -> Option<Whole> {
        let (_, end) = self.end.take_if(|(pieces, _)| *pieces == self.next)?;
        Some((std::mem::take(&mut self.sum), end))
    }
}
