//! A record -> the next line of an intact log, on disk before the call returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::head::{End, Head};
use super::read::{MAX_LINE_BYTES, Scanned, State, scan, state};
use super::{Action, AuditError, Entry, Outcome, Record};
use crate::encoding::Digest;

/// What appending did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The line of the record.
    pub entry: Entry,
    /// The previous command was stopped within its line; this many bytes of it were at the end. They were never reported
    /// as written; an entry in the log records that they were removed.
    pub cut_off: Option<u64>,
}

/// Appends a record and syncs it to disk before returning.
///
/// The log is checked from its first line. A line that a crash left unfinished is removed, and an entry before the
/// record's says so.
///
/// # Errors
/// When the log is not intact or cannot be written; the log is then unchanged.
pub fn append(path: &Path, record: &Record) -> Result<Appended, AuditError> {
    // A head without its log is an error, not a new log.
    if !path.exists() {
        state(path, Head::read(path)?, &Scanned::EMPTY)?;
    }
    let mut log = open_locked(path).map_err(|source| AuditError::File { path: path.to_owned(), source })?;
    let head = Head::read(path)?;
    let scanned = scan(path, &mut log, drop)?;
    let state = state(path, head, &scanned)?;
    let mut writer = Writer { path, log, end: scanned.end.unwrap_or_else(End::of_nothing) };
    let (start, cut_off, sha256, detail) = match state {
        State::Settled | State::Ahead => {
            return Ok(Appended { entry: writer.put(record.clone())?, cut_off: None });
        }
        State::Missing(digest) => {
            (None, 0, digest, "a line with this digest was announced and never written".to_owned())
        }
        State::Torn(torn) => {
            let detail = format!(
                "a line was never finished, and its {} bytes with this digest were cut off",
                torn.length
            );
            (Some(torn.start), torn.length, torn.sha256, detail)
        }
    };
    if let Some(start) = start {
        let cut = writer.log.set_len(start);
        cut.map_err(|source| AuditError::File { path: path.to_owned(), source })?;
    }
    writer.put(Record {
        action_type: Action::LogRecovered,
        outcome: Outcome::Success,
        subject: path.display().to_string(),
        sha256: Some(sha256),
        epoch: None,
        generation: None,
        policy: None,
        detail,
        ..record.clone()
    })?;
    Ok(Appended { entry: writer.put(record.clone())?, cut_off: Some(cut_off) })
}

/// Opens the log under its lock. It may have been moved away while this command waited for the lock.
pub(super) fn open_locked(path: &Path) -> io::Result<File> {
    loop {
        let mut options = OpenOptions::new();
        let log = options.create(true).read(true).append(true).mode(0o640).open(path)?;
        log.lock()?;
        let opened = log.metadata()?;
        match fs::metadata(path) {
            Ok(named) if (named.dev(), named.ino()) == (opened.dev(), opened.ino()) => return Ok(log),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
}

/// A locked log, and the line that the next one continues.
struct Writer<'a> {
    path: &'a Path,
    log: File,
    end: End,
}

impl Writer<'_> {
    /// Announces a line in the head, writes it, and updates the head.
    fn put(&mut self, record: Record) -> Result<Entry, AuditError> {
        let at = |source| AuditError::File { path: self.path.to_owned(), source };
        let entry = Entry { sequence: self.end.sequence + 1, previous: self.end.sha256, record };
        let mut line = entry.to_line();
        if line.len() as u64 >= MAX_LINE_BYTES {
            let too_long = io::Error::new(ErrorKind::InvalidInput, "the entry is longer than a line may be");
            return Err(at(too_long));
        }
        let end = End { sequence: entry.sequence, sha256: Digest::of(&line) };
        line.push(b'\n');
        let length = self.log.metadata().map_err(at)?.len();
        Head::announcing(self.end, end.sha256).write(self.path)?;
        if let Err(error) = self.log.write_all(&line).and_then(|()| self.log.sync_all()) {
            // If this fails too, the next command finds the announcement and reports it.
            let _undone = self.log.set_len(length).map(|()| Head::settled(self.end).write(self.path));
            return Err(at(error));
        }
        Head::settled(end).write(self.path)?;
        self.end = end;
        Ok(entry)
    }
}
