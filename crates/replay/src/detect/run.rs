//! A stream and a detector -> the end of the run: what is found is told as soon as it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::detector::{Detector, Output};
use super::feed::{self, Fed, Follow};
use super::lines::{Line, Lines};
use crate::impact::IncompleteFile;
use crate::source::Source;
use crate::tally::Problem;

/// How often a quiet stream is looked after.
const BEAT: Duration = Duration::from_millis(100);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// At the end of all sources.
    AtTheEnd,
    /// It was stopped.
    Stopped,
}

/// Something for whoever runs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'run> {
    /// To be told.
    Found(&'run Output),
    /// Nothing more was there for now: what was told should reach its reader.
    Quiet,
}

/// Reads a stream until its end, or until `stop` is set.
///
/// # Errors
/// The first error of `tell`.
pub fn run<E>(
    sources: &[Source],
    follow: Follow,
    stop: &Arc<AtomicBool>,
    detector: &mut Detector<'_>,
    mut tell: impl FnMut(Event<'_>, &Detector<'_>) -> Result<(), E>,
) -> Result<Ended, E> {
    let names: Vec<String> = sources.iter().map(Source::name).collect();
    let mut lines: Vec<Lines> = sources.iter().map(|_| Lines::default()).collect();
    let mut out = Vec::new();
    let fed = feed::start(sources, follow, stop);
    loop {
        if stop.load(Ordering::Relaxed) || detector.is_refused() {
            break;
        }
        let next = match fed.try_recv() {
            Ok(next) => next,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                tell(Event::Quiet, detector)?;
                match fed.recv_timeout(BEAT) {
                    Ok(next) => next,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        };
        take(next, &names, &mut lines, detector, &mut out);
        for output in out.drain(..) {
            tell(Event::Found(&output), detector)?;
        }
    }
    let ended = if stop.load(Ordering::Relaxed) { Ended::Stopped } else { Ended::AtTheEnd };
    // A line that was not finished is one that was still being written.
    for (file, lines) in lines.iter_mut().enumerate() {
        take_end(file, &names, lines, detector, &mut out);
    }
    out.extend(detector.finish());
    for output in out.drain(..) {
        tell(Event::Found(&output), detector)?;
    }
    tell(Event::Quiet, detector)?;
    Ok(ended)
}

fn take(fed: Fed, names: &[String], lines: &mut [Lines], detector: &mut Detector<'_>, out: &mut Vec<Output>) {
    let name = |file: usize| names.get(file).map_or("", String::as_str);
    match fed {
        Fed::Bytes(file, bytes) => {
            if let Some(lines) = lines.get_mut(file) {
                lines.feed(&bytes, |number, line| judge(name(file), number, line, detector, out));
            }
        }
        Fed::End(file) => {
            if let Some(lines) = lines.get_mut(file) {
                take_end(file, names, lines, detector, out);
            }
        }
        Fed::Incomplete(file, problem, lost) => {
            detector.incomplete(IncompleteFile { file: name(file).to_owned(), problem, lost });
        }
    }
}

fn take_end(
    file: usize,
    names: &[String],
    lines: &mut Lines,
    detector: &mut Detector<'_>,
    out: &mut Vec<Output>,
) {
    let name = names.get(file).map_or("", String::as_str);
    lines.end(|number, line| judge(name, number, line, detector, out));
}

fn judge(name: &str, number: u64, line: Line<'_>, detector: &mut Detector<'_>, out: &mut Vec<Output>) {
    let place = || format!("{name}:{number}");
    match line {
        Line::Whole(line) => detector.line(line, false, &place, out),
        Line::Cut(line) => detector.line(line, true, &place, out),
        Line::TooLong => detector.malformed(Problem::TooLong, &place),
    }
}
