//! A folder of policies without a manifest -> the verdict on each, as a sensor would give it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::sidecar::{PolicyFileError, VerifiedPolicy, verify_file};
use crate::key::PublicKey;

const MAX_DEPTH: usize = 16;
/// Below this many files, starting threads costs more than it saves.
const WORTH_THREADS: usize = 64;

/// Returns every `*.yaml` and `*.yml` below the folder, sorted. Links are listed, but not walked into.
///
/// # Errors
/// When a folder cannot be listed, or is deeper than 16 levels.
pub fn policies_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = pending.pop() {
        if depth > MAX_DEPTH {
            return Err(io::Error::other("the folder is too deep to hold policies"));
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                pending.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Verifies each policy file against `{file}.sig` and any of the keys, on every core when there are many.
#[must_use]
pub fn verify_files(paths: &[PathBuf], keys: &[PublicKey]) -> Vec<Result<VerifiedPolicy, PolicyFileError>> {
    if paths.len() < WORTH_THREADS {
        return paths.iter().map(|path| verify_file(path, None, keys)).collect();
    }
    paths.into_par_iter().map(|path| verify_file(path, None, keys)).collect()
}
