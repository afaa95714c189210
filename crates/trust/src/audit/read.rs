//! A log and its head -> every entry, or the first line that does not continue the log.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::head::{End, Head, path_of};
use super::{AuditError, Entry};
use crate::encoding::Digest;

/// The longest line, in bytes.
pub(super) const MAX_LINE_BYTES: u64 = 64 << 10;

/// An intact log: each line continues the one before, and it ends where its head says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The lines.
    pub entries: Vec<Entry>,
    /// The digest of a line that a command announced and did not write; the next command records that.
    pub announced: Option<Digest>,
}

impl Log {
    /// Returns the digest of the last line, which the next one will hold.
    #[must_use]
    pub fn head(&self) -> Option<Digest> {
        self.entries.last().map(Entry::digest)
    }

    /// Returns whether a digest that was once the head is that of one of the lines. A log that was rewritten together
    /// with its head no longer contains it.
    #[must_use]
    pub fn holds(&self, head: Digest) -> bool {
        self.entries.iter().any(|entry| entry.digest() == head)
    }
}

/// Reads the log from its first line, checking that each continues the one before, up to its head. Without a log
/// and a head, nothing was ever logged.
///
/// # Errors
/// [`AuditError::Broken`] with the first line that does not continue the log, [`AuditError::Unfinished`] where all do
/// and a crash left a part of the next one.
pub fn verify(path: &Path) -> Result<Log, AuditError> {
    let at = |source| AuditError::File { path: path.to_owned(), source };
    let mut log = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let announced = state(path, Head::read(path)?, &Scanned::EMPTY)?.announced();
            return Ok(Log { entries: Vec::new(), announced });
        }
        opened => opened.map_err(at)?,
    };
    log.lock_shared().map_err(at)?;
    let mut entries = Vec::new();
    let head = Head::read(path)?;
    let scanned = scan(path, &mut log, |entry| entries.push(entry))?;
    match state(path, head, &scanned)? {
        State::Torn(torn) => {
            let (path, line) = (path.to_owned(), scanned.next_line());
            Err(AuditError::Unfinished { path, line, bytes: torn.length })
        }
        state => Ok(Log { entries, announced: state.announced() }),
    }
}

/// How a log that was not tampered with ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// Where its head says.
    Settled,
    /// With the line that its head announced: the head is to catch up.
    Ahead,
    /// Before the line that its head announced: nothing of it was written.
    Missing(Digest),
    /// Within the line that its head announced.
    Torn(Torn),
}

impl State {
    fn announced(self) -> Option<Digest> {
        match self {
            State::Missing(digest) => Some(digest),
            State::Settled | State::Ahead | State::Torn(_) => None,
        }
    }
}

/// The content of a log file.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The last complete line, or nothing.
    pub(super) end: Option<End>,
    torn: Option<Torn>,
}

impl Scanned {
    /// The content of a log that does not exist.
    pub(super) const EMPTY: Self = Self { end: None, torn: None };

    fn next_line(&self) -> u64 {
        self.end.map_or(0, |end| end.sequence) + 1
    }
}

/// Bytes after the last line feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Torn {
    /// Their offset in the file.
    pub(super) start: u64,
    /// How many they are.
    pub(super) length: u64,
    /// Their digest.
    pub(super) sha256: Digest,
}

/// Compares the end of a log with its head.
pub(super) fn state(path: &Path, head: Option<Head>, scanned: &Scanned) -> Result<State, AuditError> {
    let end = scanned.end.unwrap_or_else(End::of_nothing);
    let Some(head) = head else {
        return match scanned {
            Scanned { end: None, torn: None } => Ok(State::Settled),
            _ => {
                let detail =
                    format!("`{}`, which records its last line, is missing", path_of(path).display());
                Err(broken(path, end.sequence, &detail))
            }
        };
    };
    let known = head.end();
    match (head.next, scanned.torn) {
        (None, None) if end == known => Ok(State::Settled),
        (Some(next), None) if end == known => Ok(State::Missing(next)),
        (Some(_), Some(torn)) if end == known => Ok(State::Torn(torn)),
        (Some(next), None) if end == (End { sequence: known.sequence + 1, sha256: next }) => Ok(State::Ahead),
        _ if end.sequence == 0 && known.sequence > 0 => {
            let detail = format!("the log is missing, and its head records {} lines", known.sequence);
            Err(broken(path, 1, &detail))
        }
        _ if end.sequence < known.sequence => {
            Err(broken(path, end.sequence + 1, "lines were cut off after it was written"))
        }
        _ if end.sequence == known.sequence && end != known => {
            Err(broken(path, end.sequence, "it was changed"))
        }
        _ => Err(broken(path, known.sequence + 1, "it was added by something else")),
    }
}

/// Reads every line, and checks that it continues the one before.
pub(super) fn scan(path: &Path, log: &mut File, mut keep: impl FnMut(Entry)) -> Result<Scanned, AuditError> {
    let at = |source| AuditError::File { path: path.to_owned(), source };
    log.seek(SeekFrom::Start(0)).map_err(at)?;
    let mut reader = BufReader::new(log);
    let mut end = End::of_nothing();
    let (mut start, mut line) = (0, Vec::new());
    loop {
        let number = end.sequence + 1;
        line.clear();
        reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(at)?;
        let length = line.len() as u64;
        let found = (end.sequence > 0).then_some(end);
        if line.is_empty() {
            return Ok(Scanned { end: found, torn: None });
        }
        if line.pop_if(|last| *last == b'\n').is_none() {
            if length == MAX_LINE_BYTES {
                return Err(broken(path, number, "it is longer than a line may be"));
            }
            let torn = Torn { start, length, sha256: Digest::of(&line) };
            return Ok(Scanned { end: found, torn: Some(torn) });
        }
        let entry: Entry =
            serde_json::from_slice(&line).map_err(|_| broken(path, number, "it is not an entry"))?;
        if entry.sequence != number {
            return Err(broken(path, number, "it has another number"));
        }
        if entry.previous != end.sha256 {
            return Err(broken(path, number, "the line before it was changed"));
        }
        end = End { sequence: number, sha256: Digest::of(&line) };
        start += length;
        keep(entry);
    }
}

pub(super) fn broken(path: &Path, line: u64, detail: &str) -> AuditError {
    AuditError::Broken { path: path.to_owned(), line, detail: detail.to_owned() }
}
