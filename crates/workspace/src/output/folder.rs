//! The path after `-o` -> a folder that a compile is allowed to replace.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;
use crate::path::{absolute, shown, staging};
use crate::root::Root;

/// An output folder: not a file, and not a folder that is read or is the current folder.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    /// Where the new folder is built.
    staging: PathBuf,
}

impl OutputFolder {
    /// Checks the folder before any work is done.
    ///
    /// # Errors
    /// When the path is `-` or a file, has no name, or contains the current folder or a folder that is read.
    pub fn check(path: &Path, read: &Root) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            return Err(Error::OutputIsStandardOutput);
        }
        let asked = absolute(path).map_err(Error::NoCurrentFolder)?;
        // Replace the target of a symbolic link, not the link.
        let path = match fs::canonicalize(&asked) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => asked.clone(),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Error::OutputBelowAFile(shown(&asked)));
            }
            Err(error) => return Err(Error::OutputNotWritten { folder: shown(&asked), error }),
        };
        if path.exists() && !path.is_dir() {
            return Err(Error::OutputIsAFile(shown(&asked)));
        }
        let here = absolute(Path::new(".")).map_err(Error::NoCurrentFolder)?;
        let mut held =
            [read.folder(), here.as_path()].into_iter().chain(read.paths.iter().map(PathBuf::as_path));
        let staging = staging(&path).filter(|_| !held.any(|folder| folder.starts_with(&asked)));
        let staging = staging.ok_or_else(|| Error::OutputHoldsInput(shown(&asked)))?;
        Ok(Self { path, staging })
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its parent folder.
    pub(super) fn parent(&self) -> &Path {
        self.path.parent().expect("a path with a name, such as that of the staging folder, has a parent")
    }

    /// Returns where the new folder is built.
    pub(super) fn staging(&self) -> &Path {
        &self.staging
    }

    pub(super) fn not_written(&self, error: io::Error) -> Error {
        Error::OutputNotWritten { folder: shown(&self.path), error }
    }
}
