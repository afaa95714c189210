//! Lines -> events: what one thread does with one piece, and which lines have no event.

use std::str;

use memchr::memchr_iter;

use super::Reading;
use crate::chunk::Piece;
use crate::judge;
use crate::line::familiar::Familiar;
use crate::line::{self, Envelope, Origin, Unreadable};
use crate::moment::Moment;
use crate::tally::{Place, Problem, Tally};
use crate::vocabulary::Event;

/// Bytes of a malformed line that are shown.
const EXCERPT: usize = 60;

/// What a line of Tetragon tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'line> {
    /// The place of its kind in `KINDS`.
    pub(crate) kind: usize,
    pub(crate) line: &'line str,
    pub(crate) envelope: &'line Envelope<'line>,
}

/// Who takes the events of one thread.
pub(crate) trait Clerk {
    /// Takes an event of Tetragon.
    fn tetragon(&mut self, told: Told<'_>, place: Place, tally: &mut Tally);

    /// Takes an event of Telovix.
    fn telovix(&mut self, event: Event, place: Place, tally: &mut Tally);
}

/// Reads every line of a piece.
pub(super) fn tally(
    clerk: &mut impl Clerk,
    (reading, familiar): (Reading, &mut Familiar),
    bytes: &[u8],
    piece: Piece,
    file: usize,
) -> Tally {
    let mut tally = Tally::default();
    let file = u32::try_from(file).unwrap_or(u32::MAX);
    if piece == Piece::TooLong {
        tally.lines = 1;
        tally.problem(Problem::TooLong, Place { file, line: 1 }, String::new);
        return tally;
    }
    let text = str::from_utf8(bytes).ok();
    let mut start = 0;
    let ends = memchr_iter(b'\n', bytes).chain((piece == Piece::LastWithoutBreak).then_some(bytes.len()));
    for end in ends {
        tally.lines += 1;
        let place = Place { file, line: tally.lines };
        let last = piece == Piece::LastWithoutBreak && end == bytes.len();
        let line = match text {
            Some(text) => text.get(start..end),
            None => bytes.get(start..end).and_then(|line| str::from_utf8(line).ok()),
        };
        match line {
            Some(line) => self::line(clerk, (reading, familiar), payload(line), (place, last), &mut tally),
            None => tally.problem(Problem::NotUtf8, place, String::new),
        }
        start = end + 1;
    }
    tally
}

fn line(
    clerk: &mut impl Clerk,
    (reading, familiar): (Reading, &mut Familiar),
    line: &str,
    (place, last): (Place, bool),
    tally: &mut Tally,
) {
    if line.is_empty() {
        tally.blank += 1;
        return;
    }
    let problem = match reading {
        Reading::Fast => {
            familiar.read(line).map(|envelope| self::envelope(clerk, line, &envelope, place, tally))
        }
        Reading::Reference => line::reference::envelope(line)
            .map(|envelope| self::envelope(clerk, line, &envelope, place, tally)),
    };
    let problem = match problem {
        Ok(()) => return,
        Err(Unreadable::NotAnEvent) => Problem::NotAnEvent,
        Err(Unreadable::NotJson) if line.contains('\0') => Problem::NulBytes,
        Err(Unreadable::NotJson) if last => Problem::Unfinished,
        Err(Unreadable::NotJson) => Problem::NotJson,
    };
    tally.problem(problem, place, || excerpt(line));
}

fn envelope(clerk: &mut impl Clerk, line: &str, envelope: &Envelope<'_>, place: Place, tally: &mut Tally) {
    match envelope.origin {
        Origin::Tetragon(kind) => clerk.tetragon(Told { kind, line, envelope }, place, tally),
        Origin::Telovix => match judge::read(line) {
            Ok(event) => clerk.telovix(event, place, tally),
            Err(problem) => tally.problem(Problem::BadEvent, place, || problem),
        },
    }
}

/// Returns the event in a line of a container's log: `2026-11-20T10:00:00.5Z stdout F {...}`.
pub(crate) fn payload(line: &str) -> &str {
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.starts_with('{') {
        return line;
    }
    let mut words = line.splitn(4, ' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(time), Some("stdout" | "stderr"), Some("F"), Some(event)) if Moment::parse(time).is_some() => {
            event
        }
        _ => line,
    }
}

/// Returns the start of a line, fit to be shown.
pub(crate) fn excerpt(line: &str) -> String {
    let start: String = line
        .chars()
        .take(EXCERPT)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if line.len() > start.len() { format!("{start}...") } else { start }
}
