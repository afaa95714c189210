//! The path after `-o` -> a folder that a compile may replace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::code;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{absolute, shown};

/// A folder that belongs to compiles: not a file, and not one that people or this process work in.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    path: PathBuf,
    name: String,
}

impl OutputFolder {
    /// Checks the folder before any work is done.
    ///
    /// # Errors
    /// When the path is a file, has no name, or holds the folder `root` that is read.
    pub(crate) fn check(path: &Path, root: &Path) -> Result<Self, Failure> {
        let refuse = |code, message: String| Failure::new(Exit::CannotRun, code, message);
        let asked = absolute(path)?;
        // A link stays a link: what it points at is replaced.
        let path = match fs::canonicalize(&asked) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => asked.clone(),
            Err(error) if error.kind() != io::ErrorKind::NotADirectory => {
                let message = format!("cannot write the output folder `{}`: {error}", shown(&asked));
                return Err(refuse(&code::OUTPUT_NOT_WRITTEN, message));
            }
            Err(_) => {
                let message = format!("`{}` cannot be a folder: it lies below a file", shown(&asked));
                return Err(refuse(&code::OUTPUT_IS_A_FILE, message).help("name another folder with `-o`"));
            }
        };
        if path.exists() && !path.is_dir() {
            let message = format!("the output folder `{}` is a file", shown(&asked));
            return Err(refuse(&code::OUTPUT_IS_A_FILE, message).help("name another folder with `-o`"));
        }
        let here = absolute(Path::new("."))?;
        let held = [root, here.as_path()].into_iter().any(|folder| folder.starts_with(&asked));
        let (Some(name), false) = (path.file_name(), held) else {
            let message = format!("the output folder `{}` holds what is read", shown(&asked));
            let failure = refuse(&code::OUTPUT_HOLDS_INPUT, message);
            return Err(failure.help("name a folder of its own, such as `-o compiled-policies`"));
        };
        Ok(Self { name: name.to_string_lossy().into_owned(), path })
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder it lies in, which every path with a name has.
    pub(super) fn parent(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Returns where its successor is built: beside it, so that they are on one file system.
    pub(super) fn staging(&self) -> PathBuf {
        self.path.with_file_name(format!(".{}.partial", self.name))
    }

    pub(super) fn not_written(&self, error: &io::Error) -> Failure {
        let message = format!("cannot write the output folder `{}`: {error}", shown(&self.path));
        let failure = Failure::new(Exit::CannotRun, &code::OUTPUT_NOT_WRITTEN, message);
        match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                failure.help("a mount point cannot be replaced whole; name a folder below it")
            }
            _ => failure.help("what the folder held before is untouched"),
        }
    }
}
