//! A history -> rows of the table, in pieces that can be inserted.

use std::sync::{Mutex, PoisonError};

use super::row::Row;
use crate::impact::History;
use crate::scan::{Clerk, Options, Told, run};
use crate::source::Source;
use crate::tally::{Place, Tally};
use crate::vocabulary::Event;

/// Bytes of one piece.
const PIECE: usize = 4 << 20;

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Rows that were passed on.
    pub rows: u64,
    /// What was read, and what could not be.
    pub history: History,
}

/// Passes on the rows of a history, in the format `TabSeparated` and in pieces of about 4 MiB: in the order of the files
/// with one thread, in any order with more.
///
/// # Errors
/// The first error of `insert`, after which nothing more is passed on.
pub fn load<E: Send>(
    sources: &[Source],
    options: Options<'_>,
    insert: impl FnMut(&[u8]) -> Result<(), E> + Send,
) -> Result<Loaded, E> {
    let sink = Mutex::new(Sink { insert, failed: None, rows: 0 });
    let (tally, amount, clerks) =
        run(sources, options, || Loader { sink: &sink, rows: Vec::new(), number: 0 });
    clerks.into_iter().for_each(|mut clerk| clerk.pass_on());
    let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    match sink.failed {
        Some(error) => Err(error),
        None => Ok(Loaded { rows: sink.rows, history: crate::impact::history(&tally, &amount) }),
    }
}

/// Where rows go.
struct Sink<I, E> {
    insert: I,
    failed: Option<E>,
    rows: u64,
}

/// Makes rows of the events of one thread.
struct Loader<'run, I, E> {
    sink: &'run Mutex<Sink<I, E>>,
    rows: Vec<u8>,
    number: u64,
}

impl<I: FnMut(&[u8]) -> Result<(), E>, E> Loader<'_, I, E> {
    fn add(&mut self, row: &Row) {
        row.write(&mut self.rows);
        self.number += 1;
        if self.rows.len() >= PIECE {
            self.pass_on();
        }
    }

    fn pass_on(&mut self) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.failed.is_none() && !self.rows.is_empty() {
            match (sink.insert)(&self.rows) {
                Ok(()) => sink.rows += self.number,
                Err(error) => sink.failed = Some(error),
            }
        }
        self.rows.clear();
        self.number = 0;
    }
}

impl<I: FnMut(&[u8]) -> Result<(), E>, E> Clerk for Loader<'_, I, E> {
    fn tetragon(&mut self, told: Told<'_>, _place: Place, tally: &mut Tally) {
        tally.from_tetragon += 1;
        let row = Row::tetragon(told.kind, told.line, told.envelope);
        self.add(&row);
    }

    fn telovix(&mut self, event: Event, _place: Place, tally: &mut Tally) {
        tally.from_telovix += 1;
        let row = Row::telovix(&event);
        self.add(&row);
    }
}
