//! Where everything lies: maps and links in the BPF file system, the loaded images beside the lock.

use std::fs::File;
use std::path::{Path, PathBuf};

use telovix_bpf_programs::layout::Section;

use crate::{RuntimeError, sys};

/// The folders of one installation. Two installations with different folders do not see each other.
#[derive(Clone, Debug)]
pub struct Places {
    /// The mounted BPF file system.
    pub bpffs: PathBuf,
    /// Below it, the folder for our pins.
    pub name: String,
    /// A folder that does not outlive the kernel's state: lock and loaded images.
    pub state: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            bpffs: PathBuf::from("/sys/fs/bpf"),
            name: "telovix".to_owned(),
            state: PathBuf::from("/run/telovix"),
        }
    }
}

impl Places {
    /// Folder of the pinned maps.
    pub(crate) fn maps(&self) -> PathBuf {
        self.bpffs.join(&self.name).join("maps")
    }

    /// Folder of the pinned links.
    pub(crate) fn links(&self) -> PathBuf {
        self.bpffs.join(&self.name).join("links")
    }

    /// The pin of a map.
    pub(crate) fn map(&self, name: &str) -> PathBuf {
        self.maps().join(name)
    }

    /// The image that a slot was filled from.
    pub(crate) fn image(&self, slot: u32) -> PathBuf {
        self.state.join(format!("slot-{slot}.image"))
    }

    /// Takes the lock that keeps two commands from changing the policy at once. It ends with the process.
    pub(crate) fn lock(&self) -> Result<File, RuntimeError> {
        std::fs::create_dir_all(&self.state).map_err(RuntimeError::file(&self.state))?;
        let path = self.state.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(RuntimeError::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(RuntimeError::Busy),
            Err(std::fs::TryLockError::Error(error)) => Err(RuntimeError::file(&path)(error)),
        }
    }

    /// Opens a pinned map; `None` when it is not there.
    pub(crate) fn open_map(&self, name: &str) -> Result<Option<std::os::fd::OwnedFd>, RuntimeError> {
        match sys::open_pin(&self.map(name)) {
            Ok(map) => Ok(Some(map)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RuntimeError::map(name)(error)),
        }
    }
}

/// The name of the map that a section is loaded into.
pub(crate) fn map_name(section: Section) -> &'static str {
    section.name().trim_start_matches(".telovix.")
}

/// Creates a folder with its parents.
pub(crate) fn create_folder(folder: &Path) -> Result<(), RuntimeError> {
    std::fs::create_dir_all(folder).map_err(RuntimeError::file(folder))
}
