//! What a host is, and what it must not forget: the trust root it follows and the highest epoch it accepted.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::approval::Approval;
use crate::encoding::Digest;
use crate::refusal::Refusal;
use crate::replace::replace_whole;
use crate::root::Chain;
use crate::timestamp::Timestamp;

const MAX_STATE_BYTES: u64 = 64 << 10;
const FORMAT: u32 = 1;

/// A host's memory, kept in one small file.
///
/// It is written before anything it speaks of takes effect, so a crash in between can only lead to
/// the same bundle being applied again, never to an older one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostState {
    /// The trust root version this host follows.
    pub root: Option<PinnedRoot>,
    /// The highest epoch this host accepted.
    pub epoch: Option<AcceptedEpoch>,
}

/// A version of a trust root, pinned by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedRoot {
    /// The version.
    pub version: u64,
    /// The digest of that version's payload.
    pub sha256: Digest,
}

/// An epoch that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedEpoch {
    /// The epoch.
    pub number: u64,
    /// The digest of the manifest that carried it.
    pub manifest: Digest,
    /// When its approval was issued: signed evidence that the present is not earlier.
    pub issued_at: Timestamp,
}

/// Why the state was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum HostStateError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The state file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a state file. It is never silently replaced: that would forget the epoch.
    #[error("`{path}` is damaged: {detail}", path = path.display())]
    Damaged {
        /// The state file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

/// What a host accepted and is about to use.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// The bundle, in words.
    pub what: &'a str,
    /// What was approved.
    pub approval: &'a Approval,
    /// The trust root it was verified against.
    pub chain: &'a Chain,
    /// An older epoch that was named on purpose.
    pub allowed_epoch: Option<u64>,
}

/// Why an approval was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something newer was recorded meanwhile.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The state was not read or written.
    #[error(transparent)]
    State(#[from] HostStateError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateDocument {
    version: u32,
    root: Option<PinnedRoot>,
    epoch: Option<AcceptedEpoch>,
}

impl HostState {
    /// Reads the state; a file that is not there is the state of a new host.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<Self, HostStateError> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_STATE_BYTES).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(HostStateError::File { path: path.to_owned(), source }),
            Ok(_) => {}
        }
        let damaged = |detail: String| HostStateError::Damaged { path: path.to_owned(), detail };
        let document: StateDocument =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if document.version != FORMAT {
            return Err(damaged(format!("its version is {}; expected {FORMAT}", document.version)));
        }
        Ok(HostState { root: document.root, epoch: document.epoch })
    }

    /// Writes the state beside its file, syncs it, renames it and syncs the folder.
    ///
    /// # Errors
    /// When the file cannot be written; the old state then stands.
    pub fn write(&self, path: &Path) -> Result<(), HostStateError> {
        let document = StateDocument { version: FORMAT, root: self.root, epoch: self.epoch };
        let json = serde_json::to_string_pretty(&document).expect("numbers and strings have a JSON form");
        replace_whole(path, (json + "\n").as_bytes(), 0o644)
            .map_err(|source| HostStateError::File { path: path.to_owned(), source })
    }

    /// Refuses an approval older than the accepted one, unless its epoch was named on purpose.
    ///
    /// # Errors
    /// [`Refusal::OlderEpoch`] or [`Refusal::ReusedEpoch`].
    pub fn check_epoch(&self, what: &str, approval: &Approval, allowed: Option<u64>) -> Result<(), Refusal> {
        let Some(accepted) = self.epoch else { return Ok(()) };
        if approval.epoch < accepted.number && allowed != Some(approval.epoch) {
            return Err(Refusal::OlderEpoch {
                what: what.to_owned(),
                offered: approval.epoch,
                required: accepted.number,
            });
        }
        if approval.epoch == accepted.number && approval.manifest != accepted.manifest {
            return Err(Refusal::ReusedEpoch { what: what.to_owned(), epoch: approval.epoch });
        }
        Ok(())
    }

    /// Records an accepted approval and the trust root it was verified against, under a lock and against
    /// what the file says now, so that of two processes the later one cannot undo the earlier one's memory.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when another process accepted something newer meanwhile.
    pub fn record(path: &Path, accepted: &Acceptance<'_>) -> Result<Self, RecordError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let file_error = |source| HostStateError::File { path: lock_path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(file_error)?;
        }
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(file_error)?;
        lock.lock().map_err(file_error)?;
        let mut state = Self::read(path)?;
        accepted.chain.check_pin(&state)?;
        state.check_epoch(accepted.what, accepted.approval, accepted.allowed_epoch)?;
        state.root = Some(accepted.chain.pin());
        state.accept(accepted.approval);
        state.write(path)?;
        Ok(state)
    }

    /// Remembers an accepted approval. Going back on purpose does not lower the epoch, so that each
    /// step back must be named again.
    pub fn accept(&mut self, approval: &Approval) {
        if self.epoch.is_none_or(|accepted| approval.epoch > accepted.number) {
            self.epoch = Some(AcceptedEpoch {
                number: approval.epoch,
                manifest: approval.manifest,
                issued_at: approval.issued_at,
            });
        }
    }

    /// Returns the later of the given time and the last signed evidence of time, so that a clock set
    /// back does not bring an expired approval to life.
    #[must_use]
    pub fn not_before(&self, now: Timestamp) -> Timestamp {
        self.epoch.map_or(now, |accepted| accepted.issued_at.max(now))
    }
}
