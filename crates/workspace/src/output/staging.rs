//! Files -> a folder next to the one that it will replace.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags};

/// A new folder, removed on drop unless it has replaced the old one.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    folder: OwnedFd,
}

impl Staging {
    /// Creates the folder, after removing one that a killed run left behind.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&path)?,
        }
        let folder = File::open(&path)?.into();
        Ok(Self { path, folder })
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file at a path relative to the folder.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let below = Path::new(path);
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other(format!("`{path}` is outside of the folder")));
        }
        if let Some(folder) = below.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(self.path.join(folder))?;
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, below, flags, Mode::from_raw_mode(0o666))?;
        File::from(file).write_all(bytes)
    }

    /// Replaces `target` by the new folder, durably. The old one is removed on drop.
    pub(super) fn swap_with(&self, target: &Path, parent: &File) -> io::Result<()> {
        rustix::fs::syncfs(&self.folder)?;
        match fs::metadata(target) {
            Ok(metadata) => {
                fs::set_permissions(&self.path, metadata.permissions())?;
                match rustix::fs::renameat_with(CWD, &self.path, CWD, target, RenameFlags::EXCHANGE) {
                    Ok(()) => {}
                    Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                        self.swap_in_two_steps(target)?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(&self.path, target)?,
            Err(error) => return Err(error),
        }
        parent.sync_all()
    }

    /// For file systems without exchange: the folder is missing for an instant, but never mixed.
    fn swap_in_two_steps(&self, target: &Path) -> io::Result<()> {
        let aside = self.path.with_extension("previous");
        fs::rename(target, &aside)?;
        if let Err(error) = fs::rename(&self.path, target) {
            fs::rename(&aside, target)?;
            return Err(error);
        }
        fs::rename(&aside, &self.path)
    }
}

impl Drop for Staging {
    /// Removes the staging folder: the unfinished new one, or the old one after the exchange.
    fn drop(&mut self) {
        // If this fails, the next run removes it before it starts.
        let _removed = fs::remove_dir_all(&self.path);
    }
}
