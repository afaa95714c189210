//! Artifacts as they are produced -> a new output folder, which replaces the old one as a whole or not at all.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;

use rustix::fs::FlockOperation;

use super::interrupt::Interrupt;
use super::previous::Previous;
use super::staging::Staging;
use super::{OutputFolder, Replaced};
use crate::error::Error;

/// A new output folder. Nothing is written before the first artifact.
#[derive(Debug)]
pub struct Successor<'folder> {
    folder: &'folder OutputFolder,
    site: Option<Site>,
    error: Option<Error>,
}

/// The locked place where it is built.
#[derive(Debug)]
struct Site {
    staging: Staging,
    /// The parent folder, locked against other compiles: the staging folder has a fixed name, so that the next run finds
    /// and removes one that a killed run left behind.
    parent: File,
    interrupt: Interrupt,
}

impl OutputFolder {
    /// Returns the new folder, still empty.
    pub fn successor(&self) -> Successor<'_> {
        Successor { folder: self, site: None, error: None }
    }
}

impl Successor<'_> {
    /// Writes an artifact at a path relative to the folder, with `/`. Breaks after an error or a signal, which
    /// [`Successor::take_over`] then returns.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> ControlFlow<()> {
        match self.try_write(path, bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                (self.site, self.error) = (None, Some(error));
                ControlFlow::Break(())
            }
        }
    }

    fn try_write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let site = match &mut self.site {
            Some(site) => site,
            none => none.insert(Site::open(self.folder)?),
        };
        site.interrupt.check()?;
        site.staging.write(path, bytes).map_err(|error| self.folder.not_written(error))
    }

    /// Replaces the output folder. Files of the user are kept, and so is the signature of an artifact that did not change.
    /// `paths` are those of all artifacts; without them nothing is replaced.
    ///
    /// # Errors
    /// When something could not be written or a signal was received; the folder is then unchanged.
    pub fn take_over<'paths>(
        self,
        paths: Option<impl Iterator<Item = &'paths str>>,
    ) -> Result<Option<Replaced>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let (Some(site), Some(paths)) = (self.site, paths) else { return Ok(None) };
        let refuse = |error: io::Error| self.folder.not_written(error);
        let previous = Previous::read(self.folder.path()).map_err(refuse)?;
        let replaced = previous.carry_over(site.staging.path(), paths, self.folder)?;
        site.interrupt.check()?;
        site.staging.swap_with(self.folder.path(), &site.parent).map_err(refuse)?;
        Ok(Some(replaced))
    }
}

impl Site {
    /// Waits for other compiles with the same parent folder, and prepares the staging folder.
    fn open(folder: &OutputFolder) -> Result<Self, Error> {
        let refuse = |error: io::Error| folder.not_written(error);
        let interrupt = Interrupt::catch().map_err(Error::NoSignals)?;
        fs::create_dir_all(folder.parent()).map_err(refuse)?;
        let parent = File::open(folder.parent()).map_err(refuse)?;
        rustix::fs::flock(&parent, FlockOperation::LockExclusive).map_err(|error| refuse(error.into()))?;
        let staging = Staging::create(folder.staging().to_owned()).map_err(refuse)?;
        Ok(Self { staging, parent, interrupt })
    }
}
