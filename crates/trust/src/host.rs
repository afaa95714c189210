//! A host's state file -> the trust root it follows and the highest epoch it accepted, and back.

mod accepted;

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use telovix_diagnostic::Code;

use crate::approval::Approval;
use crate::code;
use crate::key::KeyId;
use crate::refusal::Refusal;
use crate::replace::replace_whole;
use crate::root::{Chain, PinnedRoot, Role, TrustRoot};
use crate::timestamp::Timestamp;
pub use accepted::{AcceptedEpoch, AcceptedEpochs, EpochReset};

const MAX_STATE_BYTES: u64 = 1 << 20;
const FORMAT: u32 = 2;
/// The format with one epoch and without the keys that signed it. It is still read.
const FORMAT_OF_ONE_EPOCH: u32 = 1;

/// A host's memory, kept in one small file.
///
/// It is written before the bundle it records takes effect, so a crash in between can only lead to
/// the same bundle being applied again, never to an older one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostState {
    /// The trust root version this host follows.
    pub root: Option<PinnedRoot>,
    /// The epochs this host accepted.
    pub epochs: AcceptedEpochs,
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

impl HostStateError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            HostStateError::File { .. } | HostStateError::Damaged { .. } => &code::HOST_STATE_NOT_USABLE,
        }
    }
}

/// What a host accepted and is about to use.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// The bundle, as messages name it.
    pub what: &'a str,
    /// What was approved.
    pub approval: &'a Approval,
    /// The keys whose signatures were accepted.
    pub signers: &'a [KeyId],
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

impl RecordError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            RecordError::Refused(refusal) => refusal.code(),
            RecordError::State(error) => error.code(),
        }
    }
}

/// Why the accepted epoch was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The host accepts that epoch already.
    #[error("this host accepted no epoch above {epoch}; the highest one is {highest}")]
    NothingAbove {
        /// The epoch that was named.
        epoch: u64,
        /// The highest accepted one, 0 where there is none.
        highest: u64,
    },
    /// The state was not read or written.
    #[error(transparent)]
    State(#[from] HostStateError),
}

impl ResetError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            ResetError::NothingAbove { .. } => &code::EPOCH_NOT_RESET,
            ResetError::State(error) => error.code(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateDocument {
    version: u32,
    root: Option<PinnedRoot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<AcceptedEpoch>,
    #[serde(default)]
    epochs: Vec<AcceptedEpoch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reset: Option<EpochReset>,
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
        match (document.version, &document.epoch) {
            (FORMAT_OF_ONE_EPOCH, _) if document.epochs.is_empty() && document.reset.is_none() => {}
            (FORMAT, None) => {}
            (version, _) => {
                return Err(damaged(format!(
                    "it does not have the fields of its version {version}; expected version {FORMAT}"
                )));
            }
        }
        let mut epochs = AcceptedEpochs { entries: Vec::new(), reset: document.reset };
        document.epochs.into_iter().chain(document.epoch).for_each(|epoch| epochs.add(epoch));
        Ok(HostState { root: document.root, epochs })
    }

    /// Writes the state next to its file, syncs it, renames it and syncs the folder.
    ///
    /// # Errors
    /// When the file cannot be written; the old state is then unchanged.
    pub fn write(&self, path: &Path) -> Result<(), HostStateError> {
        let AcceptedEpochs { entries, reset } = self.epochs.clone();
        let document =
            StateDocument { version: FORMAT, root: self.root, epoch: None, epochs: entries, reset };
        let json = serde_json::to_string_pretty(&document).expect("numbers and strings have a JSON form");
        replace_whole(path, (json + "\n").as_bytes(), 0o644)
            .map_err(|source| HostStateError::File { path: path.to_owned(), source })
    }

    /// Refuses an approval older than the accepted one, unless its epoch was named on purpose. Epochs that were signed by
    /// a key revoked since then are ignored.
    ///
    /// # Errors
    /// [`Refusal::OlderEpoch`] or [`Refusal::ReusedEpoch`].
    pub fn check_epoch(
        &self,
        what: &str,
        approval: &Approval,
        root: &TrustRoot,
        allowed: Option<u64>,
    ) -> Result<(), Refusal> {
        let required = self.epochs.lowest_acceptable(root);
        if approval.epoch < required && allowed != Some(approval.epoch) {
            return Err(Refusal::OlderEpoch { what: what.to_owned(), offered: approval.epoch, required });
        }
        let highest = self.epochs.highest(root);
        if highest.is_some_and(|known| known.number == approval.epoch && known.manifest != approval.manifest)
        {
            return Err(Refusal::ReusedEpoch { what: what.to_owned(), epoch: approval.epoch });
        }
        Ok(())
    }

    /// Records an accepted approval and the trust root it was verified against, under a lock and checked
    /// against the current file, so that of two processes the later one cannot discard what the earlier one wrote.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when another process accepted something newer meanwhile.
    pub fn record(path: &Path, accepted: &Acceptance<'_>) -> Result<Self, RecordError> {
        let _lock = lock(path)?;
        let mut state = Self::read(path)?;
        accepted.chain.check_pin(state.root)?;
        let root = accepted.chain.newest();
        state.check_epoch(accepted.what, accepted.approval, root, accepted.allowed_epoch)?;
        state.root = Some(accepted.chain.pin());
        state.accept(accepted.approval, accepted.signers, root.threshold(Role::Sign));
        state.write(path)?;
        Ok(state)
    }

    /// Forgets every accepted epoch above this one, under the lock of [`HostState::record`], and returns the highest
    /// one that was accepted before. From then on bundles from this epoch on are accepted; the pinned trust root stays.
    ///
    /// # Errors
    /// [`ResetError::NothingAbove`] when there is nothing to forget.
    pub fn reset_epoch(path: &Path, epoch: u64) -> Result<u64, ResetError> {
        let _lock = lock(path)?;
        let mut state = Self::read(path)?;
        let highest = state.epochs.highest_ever().unwrap_or(0);
        if highest <= epoch {
            return Err(ResetError::NothingAbove { epoch, highest });
        }
        state.epochs.reset(epoch);
        state.write(path)?;
        Ok(highest)
    }

    /// Remembers an accepted approval and its signers. Accepting an older one on purpose does not lower the epoch, so
    /// that `--allow-epoch` is needed each time.
    pub fn accept(&mut self, approval: &Approval, signers: &[KeyId], required: usize) {
        self.epochs.add(AcceptedEpoch {
            number: approval.epoch,
            manifest: approval.manifest,
            issued_at: approval.issued_at,
            signers: signers.to_vec(),
            required,
        });
    }

    /// Returns the later of the given time and the last signed evidence of time, so that setting the clock
    /// back does not make an expired approval valid.
    #[must_use]
    pub fn not_before(&self, now: Timestamp) -> Timestamp {
        self.epochs.latest_evidence().map_or(now, |evidence| evidence.max(now))
    }
}

/// Keeps other processes from writing the state until the file is dropped.
fn lock(path: &Path) -> Result<File, HostStateError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let file_error = |source| HostStateError::File { path: lock_path.clone(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(file_error)?;
    }
    let lock = File::options().create(true).append(true).open(&lock_path).map_err(file_error)?;
    lock.lock().map_err(file_error)?;
    Ok(lock)
}
