//! A history and a question -> the tally, on every processor; the result does not depend on their number.
//!
//! A free thread takes the next piece of the first file that no other thread is reading. Tallies of pieces are added up
//! in the order of the pieces, and those of files in the order of the files.

mod judging;
mod order;
mod reading;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;

use crate::chunk::{Buffer, Chunker, Piece};
use crate::judge::Judge;
use crate::line::familiar::Familiar;
use crate::source::Source;
use crate::stream::{Broken, Incomplete, Stream};
use crate::tally::Tally;
use judging::Judging;
pub(crate) use judging::locate;
use order::Ordered;
pub(crate) use reading::{Clerk, Told, excerpt, payload};

/// The policies to judge a history by.
#[derive(Debug)]
pub struct Question<'policy> {
    /// The policy.
    pub now: Judge<'policy>,
    /// The policy to compare with.
    pub before: Option<Judge<'policy>>,
}

/// How lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// In one pass, and judging only what the policy covers.
    #[default]
    Fast,
    /// With `serde_json`, judging everything: to check the fast reader.
    Reference,
}

/// How to scan.
#[derive(Clone, Copy, Default)]
pub struct Options<'run> {
    /// How many threads; as many as there are processors when absent.
    pub threads: Option<NonZeroUsize>,
    /// How lines are read.
    pub reading: Reading,
    /// The sensor of all events that name none.
    pub sensor: Option<&'run str>,
    /// The group of that sensor.
    pub group: Option<&'run str>,
    /// Called now and then with the number of bytes read so far.
    pub progress: Option<&'run (dyn Fn(u64) + Sync)>,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Options").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Amount {
    /// Files, in the order of [`Place::file`](crate::Place).
    pub files: Vec<String>,
    /// Bytes read, before decompression.
    pub bytes: u64,
    /// Files that could not be read to their end.
    pub broken: Vec<Broken>,
    /// Files that changed while they were read.
    pub changed: Vec<(String, Incomplete)>,
}

/// Reads a history to its end.
#[must_use]
pub fn scan(sources: &[Source], question: &Question<'_>, options: Options<'_>) -> (Tally, Amount) {
    let (tally, amount, _) = run(sources, options, || Judging::new(question, options));
    (tally, amount)
}

/// Reads a history to its end with one clerk for each thread, and returns the clerks. Which events a clerk gets is not
/// determined: what it keeps must not depend on it.
pub(crate) fn run<C: Clerk + Send>(
    sources: &[Source],
    options: Options<'_>,
    clerk: impl Fn() -> C + Sync,
) -> (Tally, Amount, Vec<C>) {
    let available = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = options.threads.map_or(available, NonZeroUsize::get);
    let read = Arc::new(AtomicU64::new(0));
    let desk = Desk { sources, threads, read: Arc::clone(&read), hall: Mutex::default() };
    let clerks = Mutex::new(Vec::new());
    let work = || {
        let mut clerk = clerk();
        desk.work(&mut clerk, options);
        locked(&clerks).push(clerk);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let clerks = clerks.into_inner().unwrap_or_else(PoisonError::into_inner);
    let hall = desk.hall.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut amount = Amount {
        files: sources.iter().map(Source::name).collect(),
        bytes: read.load(Ordering::Relaxed),
        ..Amount::default()
    };
    for (file, (broken, changed)) in amount.files.iter().zip(hall.ends) {
        amount.broken.extend(broken.map(|problem| Broken { file: file.clone(), problem }));
        amount.changed.extend(changed.map(|changed| (file.clone(), changed)));
    }
    (hall.total, amount, clerks)
}

/// The state that the threads share.
struct Desk<'run> {
    sources: &'run [Source],
    threads: usize,
    read: Arc<AtomicU64>,
    hall: Mutex<Hall>,
}

/// The files that are being read, and what came of those that were.
#[derive(Default)]
struct Hall {
    next: usize,
    open: Vec<Arc<Open>>,
    /// Files that were read before one that comes earlier.
    early: BTreeMap<usize, order::Whole>,
    /// The tally of the files up to there, and how each ended.
    total: Tally,
    ends: Vec<order::End>,
}

/// A file that is being read.
struct Open {
    file: usize,
    feed: Mutex<Feed>,
    ordered: Ordered,
}

/// The end of a file that gives pieces.
enum Feed {
    Closed,
    Reading(Chunker<Stream>, u64),
    Ended,
}

/// A piece to work on.
struct Work {
    of: Arc<Open>,
    number: u64,
    piece: Piece,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk<'_> {
    /// Works until there is nothing left.
    fn work(&self, clerk: &mut impl Clerk, options: Options<'_>) {
        let mut buffer = Buffer::default();
        let mut familiar = Familiar::default();
        while let Some(work) = self.take(&mut buffer) {
            let tally = reading::tally(
                clerk,
                (options.reading, &mut familiar),
                buffer.bytes(),
                work.piece,
                work.of.file,
            );
            self.hand_in(&work, tally);
            if let Some(progress) = options.progress {
                progress(self.read.load(Ordering::Relaxed));
            }
        }
    }

    /// Takes the next piece of some file.
    fn take(&self, buffer: &mut Buffer) -> Option<Work> {
        loop {
            let open = self.candidates()?;
            // First a file that is free, else the first file, once it is.
            let free = open.iter().find_map(|open| match open.feed.try_lock() {
                Ok(feed) => Some((open, feed)),
                Err(TryLockError::Poisoned(feed)) => Some((open, feed.into_inner())),
                Err(TryLockError::WouldBlock) => None,
            });
            let first = || open.first().map(|first| (first, locked(&first.feed)));
            let (of, mut feed) = free.or_else(first)?;
            if let Some((number, piece)) = self.feed(of, &mut feed, buffer) {
                return Some(Work { of: Arc::clone(of), number, piece });
            }
        }
    }

    /// Returns the files that may have more, and opens another one where a thread would have to wait.
    fn candidates(&self) -> Option<Vec<Arc<Open>>> {
        let mut hall = locked(&self.hall);
        if hall.open.len() < self.threads && hall.next < self.sources.len() {
            let open = Open { file: hall.next, feed: Mutex::new(Feed::Closed), ordered: Ordered::default() };
            hall.next += 1;
            hall.open.push(Arc::new(open));
        }
        (!hall.open.is_empty()).then(|| hall.open.clone())
    }

    /// Takes the next piece of a file, or closes it.
    fn feed(&self, of: &Open, feed: &mut Feed, buffer: &mut Buffer) -> Option<(u64, Piece)> {
        if let Feed::Closed = feed {
            let opened = self.sources.get(of.file).map(|source| Stream::open(source, &self.read));
            match opened.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into())) {
                Ok(stream) => *feed = Feed::Reading(Chunker::new(stream), 0),
                Err(error) => {
                    *feed = Feed::Ended;
                    self.close(of, 0, Some(error.to_string()), None);
                    return None;
                }
            }
        }
        let Feed::Reading(chunker, number) = feed else { return None };
        match chunker.next(buffer) {
            Ok(Some(piece)) => {
                *number += 1;
                Some((*number - 1, piece))
            }
            Ok(None) => {
                let (pieces, changed) = (*number, chunker.reader().changed());
                *feed = Feed::Ended;
                self.close(of, pieces, None, changed);
                None
            }
            Err(error) => {
                let pieces = *number;
                *feed = Feed::Ended;
                self.close(of, pieces, Some(error.to_string()), None);
                None
            }
        }
    }

    /// Notes that a file has given all its pieces.
    fn close(&self, of: &Open, pieces: u64, broken: Option<String>, changed: Option<Incomplete>) {
        locked(&self.hall).open.retain(|open| open.file != of.file);
        if let Some(tally) = of.ordered.close(pieces, (broken, changed)) {
            self.finish(of, tally);
        }
    }

    fn hand_in(&self, work: &Work, tally: Tally) {
        if let Some(tally) = work.of.ordered.add(work.number, tally) {
            self.finish(&work.of, tally);
        }
    }

    /// Adds up the files that are read, in their order.
    fn finish(&self, of: &Open, whole: order::Whole) {
        let mut hall = locked(&self.hall);
        hall.early.insert(of.file, whole);
        let mut next = hall.ends.len();
        while let Some((tally, end)) = hall.early.remove(&next) {
            hall.total.absorb(tally, 0);
            hall.ends.push(end);
            next += 1;
        }
    }
}
