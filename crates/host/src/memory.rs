//! An accepted bundle -> what the host must not forget, taken back when the bundle does not take effect after all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use telovix_trust::{Acceptance, HostState, HostStateError, RecordError};

/// What was written to the host's memory, and what was there before.
#[derive(Debug)]
pub(crate) struct Remembered {
    path: PathBuf,
    /// `None` when there was no file.
    before: Option<HostState>,
    after: HostState,
}

impl Remembered {
    /// Remembers that a bundle was accepted and is about to take effect.
    pub(crate) fn write(path: &Path, acceptance: &Acceptance<'_>) -> Result<Self, RecordError> {
        let before = HostState::read(path)?;
        let before = path.exists().then_some(before);
        let after = HostState::record(path, acceptance)?;
        Ok(Self { path: path.to_owned(), before, after })
    }

    /// Forgets it, unless another command has remembered something since.
    pub(crate) fn take_back(self) -> Result<(), HostStateError> {
        let Self { path, before, after } = self;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| HostStateError::File { path, source }
        };
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        let file = File::options().create(true).append(true).open(&lock).map_err(at(&lock))?;
        file.lock().map_err(at(&lock))?;
        if HostState::read(&path)? != after {
            return Ok(());
        }
        match before {
            Some(before) => before.write(&path),
            None => fs::remove_file(&path).map_err(at(&path)),
        }
    }
}
