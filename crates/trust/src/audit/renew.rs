//! A log that cannot or should not be continued -> moved aside, and a new one whose first line has its digest.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::append::append;
use super::head::{Head, path_of};
use super::read::{scan, state};
use super::{Action, AuditError, Entry, Outcome, Record};
use crate::encoding::Digest;

/// The result of beginning a new log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The path of the old log now; its head is next to it.
    pub kept: PathBuf,
    /// The first line of the new log.
    pub entry: Entry,
}

/// Moves a log and its head aside, intact or not, and begins a new one. Its first line has the SHA-256 of the old file
/// and what was wrong with it; of the record, only the time and the actor are used.
///
/// # Errors
/// When there is neither a log nor a head, or the files cannot be moved or written.
pub fn renew(path: &Path, record: &Record) -> Result<Renewed, AuditError> {
    let at = |source| AuditError::File { path: path.to_owned(), source };
    // Even when the log is missing, its head is kept.
    let create = path_of(path).exists();
    let mut log = File::options().read(true).append(true).create(create).open(path).map_err(at)?;
    log.lock().map_err(at)?;
    let sha256 = digest(&mut log).map_err(at)?;
    let lines = Head::read(path).and_then(|head| {
        let scanned = scan(path, &mut log, drop)?;
        state(path, head, &scanned).map(|_| scanned.end.map_or(0, |end| end.sequence))
    });
    let detail = match lines {
        Ok(lines) => format!("the previous log was intact, with {lines} lines"),
        Err(error) => format!("the previous log was broken: {error}"),
    };
    let short: String = sha256.to_string().chars().take(16).collect();
    let mut kept = OsString::from(path);
    kept.push(format!(".{short}"));
    let kept = PathBuf::from(kept);
    // The head first: if killed in between, this can be repeated and finds the same bytes.
    for (from, to) in [(path_of(path), path_of(&kept)), (path.to_owned(), kept.clone())] {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(AuditError::File { path: from, source: error });
            }
            _ => {}
        }
    }
    let first = Record {
        action_type: Action::LogBegun,
        outcome: Outcome::Success,
        subject: kept.display().to_string(),
        sha256: Some(sha256),
        epoch: None,
        generation: None,
        policy: None,
        detail,
        ..record.clone()
    };
    Ok(Renewed { kept, entry: append(path, &first)?.entry })
}

fn digest(log: &mut File) -> io::Result<Digest> {
    log.seek(SeekFrom::Start(0))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match log.read(&mut buffer)? {
            0 => return Ok(Digest::from(<[u8; 32]>::from(hash.finalize()))),
            length => hash.update(buffer.get(..length).expect("a read fills no more than the buffer")),
        }
    }
}
