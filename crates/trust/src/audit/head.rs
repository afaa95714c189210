//! `{log}.head` -> where the log ends and which line is about to be written, and back.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::AuditError;
use crate::encoding::Digest;
use crate::replace::replace_whole;

/// The last line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Its number; 0 for a log without lines.
    pub(super) sequence: u64,
    /// Its digest; of nothing, for a log without lines.
    pub(super) sha256: Digest,
}

impl End {
    pub(super) fn of_nothing() -> Self {
        Self { sequence: 0, sha256: Digest::of(b"") }
    }
}

/// The content of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    sequence: u64,
    sha256: Digest,
    /// The digest of the line that a command was about to write. Absent once it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Digest>,
}

impl Head {
    /// Records that the log ends here.
    pub(super) fn settled(end: End) -> Self {
        Self { sequence: end.sequence, sha256: end.sha256, next: None }
    }

    /// Records that the log ends here, and that a line with this digest comes next.
    pub(super) fn announcing(end: End, next: Digest) -> Self {
        Self { next: Some(next), ..Self::settled(end) }
    }

    /// Returns the last line that was completely written.
    pub(super) fn end(&self) -> End {
        End { sequence: self.sequence, sha256: self.sha256 }
    }

    /// Reads the head of a log; `None` where there is none.
    pub(super) fn read(log: &Path) -> Result<Option<Self>, AuditError> {
        let path = path_of(log);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| AuditError::File { path: path.clone(), source })?,
        };
        let damaged = |_| AuditError::Broken { path, line: 1, detail: "it is damaged".to_owned() };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Replaces the head of a log and syncs it to disk.
    pub(super) fn write(&self, log: &Path) -> Result<(), AuditError> {
        let path = path_of(log);
        let json = serde_json::to_string(self).expect("numbers and strings have a JSON form") + "\n";
        replace_whole(&path, json.as_bytes(), 0o640).map_err(|source| AuditError::File { path, source })
    }
}

/// Returns the path of a log's head.
pub(super) fn path_of(log: &Path) -> PathBuf {
    let mut head = OsString::from(log);
    head.push(".head");
    PathBuf::from(head)
}
