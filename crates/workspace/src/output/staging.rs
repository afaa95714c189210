//! Files -> a folder beside the one that it will replace.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags};

/// A folder under construction, removed again unless it took the place of another.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    folder: OwnedFd,
}

impl Staging {
    /// Creates the folder anew: what a killed run left there is removed.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&path)?,
        }
        let folder = File::open(&path)?.into();
        Ok(Self { path, folder })
    }

    /// Returns where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file at a path below the folder.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let below = Path::new(path);
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other(format!("`{path}` leads out of the folder")));
        }
        if let Some(folder) = below.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(self.path.join(folder))?;
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, below, flags, Mode::from_raw_mode(0o666))?;
        File::from(file).write_all(bytes)
    }

    /// Puts the new folder in place of `target`, durably, and removes what stood there.
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

    /// For file systems that cannot exchange: for an instant there is no folder, never a mixed one.
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
    /// Removes the staging folder: the unfinished new one, or the old one after they changed places.
    fn drop(&mut self) {
        if let Err(_still_there) = fs::remove_dir_all(&self.path) {
            // Nothing more can be done here; the next run removes it before it starts.
        }
    }
}
