//! An accepted bundle -> the host's state file, restored when the bundle does not take effect after all.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use telovix_trust::{Acceptance, HostState, HostStateError, RecordError, Role, replace_whole};

/// What was written to the host's state file, and what it contained before.
#[derive(Debug)]
pub(crate) struct Remembered {
    path: PathBuf,
    /// The bytes of the file; `None` when there was none.
    before: Option<Vec<u8>>,
    /// The state with this acceptance alone.
    after: HostState,
}

impl Remembered {
    /// Remembers that a bundle was accepted and is about to take effect.
    pub(crate) fn write(path: &Path, acceptance: &Acceptance<'_>) -> Result<Self, RecordError> {
        let before = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            read => Some(read.map_err(file_error(path))?),
        };
        let mut after = HostState::read(path)?;
        after.root = Some(acceptance.chain.pin());
        let required = acceptance.chain.newest().threshold(Role::Sign);
        after.accept(acceptance.approval, acceptance.signers, required);
        HostState::record(path, acceptance)?;
        Ok(Self { path: path.to_owned(), before, after })
    }

    /// Restores the file, unless another command has changed it meanwhile.
    pub(crate) fn take_back(self) -> Result<(), HostStateError> {
        let Self { path, before, after } = self;
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        let file = File::options().create(true).append(true).open(&lock).map_err(file_error(&lock))?;
        file.lock().map_err(file_error(&lock))?;
        if HostState::read(&path)? != after {
            return Ok(());
        }
        match before {
            Some(before) => replace_whole(&path, &before, 0o644).map_err(file_error(&path)),
            None => fs::remove_file(&path).map_err(file_error(&path)),
        }
    }
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> HostStateError {
    let path = path.to_owned();
    move |source| HostStateError::File { path, source }
}
