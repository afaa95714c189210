//! Artifacts -> an output folder that shows all of them or none.
//!
//! The new folder is built beside the old one and the two change places in one step of the kernel
//! (`renameat2` with `RENAME_EXCHANGE`, Linux 3.15). Whatever stops the run before that step leaves the old
//! folder as it was.

mod code;
mod folder;
mod previous;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

pub(crate) use code::CODES;
pub(crate) use folder::OutputFolder;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::interrupt::Interrupt;
use previous::Previous;

/// What became of the files that were in the folder before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// Artifacts of the compile before that this one does not have.
    pub(crate) stale: Vec<String>,
    /// Signatures that no longer fit, because what they sign changed or went.
    pub(crate) signatures: Vec<String>,
}

impl OutputFolder {
    /// Makes the folder hold exactly `artifacts` (paths with `/` below the folder, and bytes), beside files that
    /// no compile wrote. A signature beside an artifact stays when the artifact's bytes stay.
    ///
    /// # Errors
    /// When something cannot be written or a signal came; the folder is then as it was before.
    pub(crate) fn replace<'run>(
        &self,
        artifacts: impl Iterator<Item = (&'run str, &'run [u8])> + Clone,
    ) -> Result<Replaced, Failure> {
        let interrupt = Interrupt::catch()?;
        let refuse = |error: io::Error| self.not_written(&error);
        fs::create_dir_all(self.parent()).map_err(refuse)?;
        let parent = File::open(self.parent()).map_err(refuse)?;
        // One compile at a time per parent folder: the staging folder has a fixed name, so that what a killed
        // run left is found and removed by the next one.
        rustix::fs::flock(&parent, FlockOperation::LockExclusive).map_err(|error| refuse(error.into()))?;
        let staging = Staging::create(self.staging()).map_err(refuse)?;
        for (path, bytes) in artifacts.clone() {
            interrupt.check()?;
            staging.write(path, bytes).map_err(refuse)?;
        }
        let previous = Previous::read(self.path()).map_err(refuse)?;
        let replaced = previous.carry_over(&staging.path, artifacts, self)?;
        interrupt.check()?;
        staging.swap_with(self.path(), &parent).map_err(refuse)?;
        Ok(replaced)
    }

    fn not_written(&self, error: &io::Error) -> Failure {
        let message = format!("cannot write the output folder `{}`: {error}", shown(self.path()));
        let failure = Failure::new(Exit::CannotRun, &code::OUTPUT_NOT_WRITTEN, message);
        match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                failure.help("a mount point cannot be replaced whole; name a folder below it")
            }
            _ => failure.help("what the folder held before is untouched"),
        }
    }
}

/// A folder under construction, removed again unless it took the place of another.
#[derive(Debug)]
struct Staging {
    path: PathBuf,
}

impl Staging {
    fn create(path: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&path)?,
        }
        Ok(Self { path })
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let below = Path::new(path);
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other(format!("`{path}` leads out of the folder")));
        }
        let target = self.path.join(below);
        if let Some(folder) = target.parent()
            && folder != self.path
        {
            fs::create_dir_all(folder)?;
        }
        File::create_new(target)?.write_all(bytes)
    }

    /// Puts the new folder in place of `target`, durably, and removes what stood there.
    fn swap_with(&self, target: &Path, parent: &File) -> io::Result<()> {
        rustix::fs::syncfs(File::open(&self.path)?)?;
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

#[cfg(test)]
mod tests;
