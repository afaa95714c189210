//! A folder -> the service units in it.

use std::fs;
use std::path::{Path, PathBuf};

use telovix_exchange::product::Conversion;
use telovix_exchange::systemd;
use telovix_workspace::read_file;

/// The most folders that are entered, one below the other.
const DEEPEST: usize = 32;

/// A unit, and what came of it.
pub(super) struct Imported {
    /// Its path, relative to the folder.
    pub(super) path: String,
    /// The profile, or why there is none.
    pub(super) profile: Result<Conversion, String>,
}

/// Imports every unit below a folder that confines its service, in the order of their paths. Hidden folders and links are
/// not entered.
pub(super) fn import(folder: &Path) -> Vec<Imported> {
    let mut files = Vec::new();
    collect(folder, DEEPEST, &mut files);
    files.sort_unstable();
    files.iter().filter_map(|file| import_one(folder, file)).collect()
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // What cannot be read is reported by the reading of policies.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), depth - 1, files);
        } else if kind.is_file() && entry.path().extension().is_some_and(|extension| extension == "service") {
            files.push(entry.path());
        }
    }
}

fn import_one(folder: &Path, file: &Path) -> Option<Imported> {
    let path = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned();
    let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
    let profile = if size > systemd::LARGEST_UNIT as u64 {
        Err(format!("is larger than {} bytes", systemd::LARGEST_UNIT))
    } else {
        match read_file(file).map(String::from_utf8) {
            Ok(Ok(text)) => systemd::import(&path, &text).transpose()?,
            Ok(Err(_)) => Err("is not UTF-8".to_owned()),
            Err(error) => Err(format!("cannot be read: {error}")),
        }
    };
    Some(Imported { path, profile })
}
