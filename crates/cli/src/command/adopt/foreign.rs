//! A folder -> the policies of other programs in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use telovix_exchange::product::Conversion;
use telovix_exchange::{apparmor, kubearmor, seccomp, systemd};
use telovix_workspace::read_file;

/// The most folders that are entered, one below the other.
const DEEPEST: usize = 32;

/// A format of another program, whose files are found by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Import {
    /// Service units of systemd.
    Systemd,
    /// Policies of KubeArmor.
    Kubearmor,
    /// Profiles of AppArmor: files in a folder `apparmor.d`, and `*.apparmor`.
    Apparmor,
}

impl Import {
    /// Returns the program that enforces it.
    fn enforcer(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Kubearmor => "KubeArmor",
            Self::Apparmor => "AppArmor",
        }
    }

    /// Returns whether a file may be of this format, by its place and name.
    fn is_at(self, path: &Path) -> bool {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match self {
            Self::Systemd => extension == "service",
            Self::Kubearmor => ["yaml", "yml", "json"].contains(&extension),
            // Those in folders below, such as `abstractions`, are included by others.
            Self::Apparmor => {
                let folder = path.parent().and_then(Path::file_name);
                extension == "apparmor" || folder == Some(OsStr::new("apparmor.d"))
            }
        }
    }

    /// Returns the most bytes of a file that is read.
    fn largest(self) -> usize {
        match self {
            Self::Systemd => systemd::LARGEST_UNIT,
            Self::Kubearmor => kubearmor::LARGEST_FILE,
            Self::Apparmor => apparmor::LARGEST_FILE,
        }
    }

    fn import(self, path: &str, text: &str) -> Result<Option<Conversion>, String> {
        match self {
            Self::Systemd => systemd::import(path, text),
            Self::Kubearmor => kubearmor::import(text),
            Self::Apparmor => apparmor::import(path, text),
        }
    }
}

/// A seccomp profile, and the program that it confines.
#[derive(Debug, Clone)]
pub(super) struct SeccompProfile {
    file: PathBuf,
    program: String,
}

impl SeccompProfile {
    /// Parses `FILE=PROGRAM`.
    ///
    /// # Errors
    /// When there is no `=`, or nothing on one side of it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((file, program)) if !file.is_empty() && program.starts_with('/') => {
                Ok(Self { file: file.into(), program: program.to_owned() })
            }
            _ => {
                Err("expected `FILE=PROGRAM`, with the absolute path of the program that it confines"
                    .to_owned())
            }
        }
    }
}

/// A file of another program, and what came of it.
pub(super) struct Imported {
    /// Its path, relative to the folder.
    pub(super) path: String,
    /// The program that enforces it.
    pub(super) enforcer: &'static str,
    /// The document, or why there is none.
    pub(super) document: Result<Conversion, String>,
}

/// Imports every file of these formats below a folder, in the order of their paths, then the named seccomp profiles.
/// Hidden folders and links are not entered.
pub(super) fn import(folder: &Path, formats: &[Import], profiles: &[SeccompProfile]) -> Vec<Imported> {
    let mut imported = Vec::new();
    for format in [Import::Systemd, Import::Kubearmor, Import::Apparmor]
        .into_iter()
        .filter(|format| formats.contains(format))
    {
        let mut files = Vec::new();
        collect(folder, format, DEEPEST, &mut files);
        files.sort_unstable();
        imported.extend(files.iter().filter_map(|file| import_one(folder, file, format)));
    }
    imported.extend(profiles.iter().map(|profile| import_profile(folder, profile)));
    imported
}

fn collect(folder: &Path, format: Import, depth: usize, files: &mut Vec<PathBuf>) {
    // What cannot be read is reported by the reading of policies.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(&path, format, depth - 1, files);
        } else if kind.is_file() && format.is_at(&path) {
            files.push(path);
        }
    }
}

/// Returns nothing for a file that has nothing to import, and for one in which nothing can be found.
fn import_one(folder: &Path, file: &Path, format: Import) -> Option<Imported> {
    let path = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned();
    let document = match read(file, format.largest()) {
        Ok(text) => format.import(&path, &text).transpose()?,
        // Most YAML is not KubeArmor's: what is too large or unreadable there is told by the reading of policies.
        Err(_) if format == Import::Kubearmor => return None,
        Err(reason) => Err(reason),
    };
    Some(Imported { path, enforcer: format.enforcer(), document })
}

fn import_profile(folder: &Path, SeccompProfile { file, program }: &SeccompProfile) -> Imported {
    let below = file.strip_prefix(folder).unwrap_or(file);
    let below = below.strip_prefix(".").unwrap_or(below);
    // A copy of a file from elsewhere has its name, so that it stays in the folder of copies.
    let is_below = below.components().all(|part| matches!(part, Component::Normal(_)));
    let kept = if is_below { below.as_os_str() } else { below.file_name().unwrap_or_default() };
    let path = kept.to_string_lossy().into_owned();
    let text = read(&folder.join(file), seccomp::LARGEST_PROFILE);
    let document = text.and_then(|text| seccomp::import(&path, &text, program));
    Imported { path, enforcer: "seccomp", document }
}

fn read(file: &Path, largest: usize) -> Result<String, String> {
    let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
    if size > largest as u64 {
        return Err(format!("is larger than {largest} bytes"));
    }
    match read_file(file).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) => Err("is not UTF-8".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}
