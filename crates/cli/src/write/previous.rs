//! The folder as the last compile left it -> which of its files stay.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use telovix_compiler::emit::manifest::MANIFEST_PATH;

use super::{OutputFolder, Replaced, code};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;

/// What a signature beside a file is called: the file's name and one of these.
const SIGNATURES: [&str; 2] = [".sig", ".dsse"];

/// The files of the folder and which of them the last compile wrote.
#[derive(Debug)]
pub(super) struct Previous {
    folder: PathBuf,
    files: BTreeSet<String>,
    written: BTreeSet<String>,
}

/// The part of a manifest that says which files it accounts for. Manifests of other versions have it too.
#[derive(Debug, Deserialize)]
struct Manifest {
    artifacts: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    path: String,
}

impl Previous {
    /// Looks at the folder, which may be absent.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeSet::new();
        match list(folder, "", &mut files) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let manifest = fs::read(folder.join(MANIFEST_PATH)).unwrap_or_default();
        let written = match serde_json::from_slice::<Manifest>(&manifest) {
            Ok(manifest) => {
                let listed = manifest.artifacts.into_iter().map(|artifact| artifact.path);
                listed.chain([MANIFEST_PATH.to_owned()]).collect()
            }
            // Not ours: nothing in the folder is, and nothing of it may be touched.
            Err(_) => BTreeSet::new(),
        };
        Ok(Self { folder: folder.to_owned(), files, written })
    }

    /// Links what no compile wrote, and signatures that still fit, into the new folder.
    pub(super) fn carry_over<'run>(
        &self,
        staging: &Path,
        artifacts: impl Iterator<Item = &'run str>,
        output: &OutputFolder,
    ) -> Result<Replaced, Failure> {
        let artifacts: BTreeSet<&str> =
            if self.files.is_empty() { BTreeSet::new() } else { artifacts.collect() };
        let mut replaced = Replaced::default();
        for file in &self.files {
            let mut names = SIGNATURES.iter().filter_map(|ending| file.strip_suffix(ending));
            let signed = names.find(|signed| self.written.contains(*signed));
            if self.written.contains(file) {
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
                    .map_err(|error| output.not_written(&error))?;
            }
        }
        Ok(replaced)
    }

    fn is_unchanged(&self, path: &str, staging: &Path) -> bool {
        let (old, new) = (fs::read(self.folder.join(path)), fs::read(staging.join(path)));
        old.is_ok_and(|old| new.is_ok_and(|new| old == new))
    }

    fn in_the_way(&self, file: &str) -> Failure {
        let message = format!("`{}` is in the way: no compile wrote it", shown(&self.folder.join(file)));
        let failure = Failure::new(Exit::CannotRun, &code::OUTPUT_IN_THE_WAY, message);
        failure.help("move the file away, or name another folder with `-o`")
    }
}

/// Lists every file below a folder by its path with `/`; links are files of their own.
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

/// Gives a file a second name in the new folder, or copies it where the file system knows no second names.
fn keep(file: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::hard_link(file, target).is_err() {
        fs::copy(file, target)?;
    }
    Ok(())
}
