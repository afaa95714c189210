//! The current output folder -> the files to keep.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{OutputFolder, Replaced};
use crate::bundle::Bundle;
use crate::error::Error;
use crate::path::shown;

/// The suffixes of signature files, added to the name of the signed file.
const SIGNATURES: [&str; 2] = [".sig", ".dsse"];

/// The files of the folder, and which of them the last compile wrote.
#[derive(Debug)]
pub(super) struct Previous {
    folder: PathBuf,
    files: BTreeSet<String>,
    /// The files of the last compile. Without it, all files belong to the user and must not be changed.
    bundle: Option<Bundle>,
}

impl Previous {
    /// Lists the folder, which may be missing.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeSet::new();
        match list(folder, "", &mut files) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { folder: folder.to_owned(), files, bundle: Bundle::read(folder)? })
    }

    fn wrote(&self, file: &str) -> bool {
        self.bundle.as_ref().is_some_and(|bundle| bundle.lists(file))
    }

    /// Links files of the user, and signatures that still match, into the new folder.
    pub(super) fn carry_over<'run>(
        &self,
        staging: &Path,
        artifacts: impl Iterator<Item = &'run str>,
        output: &OutputFolder,
    ) -> Result<Replaced, Error> {
        let artifacts: BTreeSet<&str> =
            if self.files.is_empty() { BTreeSet::new() } else { artifacts.collect() };
        let mut replaced = Replaced::default();
        for file in &self.files {
            let mut names = SIGNATURES.iter().filter_map(|ending| file.strip_suffix(ending));
            let signed = names.find(|signed| self.wrote(signed));
            if self.wrote(file) {
                if !artifacts.contains(file.as_str()) {
                    replaced.stale.push(file.clone());
                }
            } else if let Some(signed) = signed
                && !(artifacts.contains(signed) && self.is_unchanged(signed, staging))
            {
                replaced.signatures.push(file.clone());
            } else if artifacts.contains(file.as_str()) {
                return Err(self.in_the_way(file));
            } else {
                keep(&self.folder.join(file), &staging.join(file))
                    .map_err(|error| output.not_written(error))?;
            }
        }
        Ok(replaced)
    }

    fn is_unchanged(&self, path: &str, staging: &Path) -> bool {
        // If a file cannot be read, it cannot be compared, and its signature is removed.
        let (old, new) = (fs::read(self.folder.join(path)), fs::read(staging.join(path)));
        old.is_ok_and(|old| new.is_ok_and(|new| old == new))
    }

    fn in_the_way(&self, file: &str) -> Error {
        Error::OutputInTheWay(shown(&self.folder.join(file)))
    }
}

/// Lists every file below a folder by its path with `/`; links are not followed.
fn list(folder: &Path, below: &str, files: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| io::Error::other("a file's name is not UTF-8"))?;
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        if entry.file_type()?.is_dir() {
            list(folder, &path, files)?;
        } else {
            files.insert(path);
        }
    }
    Ok(())
}

/// Hard-links a file into the new folder, or copies it if the file system has no hard links.
fn keep(file: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::hard_link(file, target).is_err() {
        fs::copy(file, target)?;
    }
    Ok(())
}
