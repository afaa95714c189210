//! Paths -> the root of the repository they belong to.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::path::{CONFIGURATION, absolute, shown};

/// What a run reads: the named paths, and the folder that names of sources are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The nearest folder upwards with `telovix.yaml`; else the common parent of all paths.
    pub(crate) folder: PathBuf,
    /// Whether the folder has `telovix.yaml`.
    pub(crate) is_configured: bool,
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) standard_input: bool,
}

impl Root {
    /// Finds the root that belongs to `paths`; `-` is standard input. Without paths, the whole repository around the
    /// current folder is read.
    ///
    /// # Errors
    /// When the current folder does not exist, or a path is empty.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Error> {
        let whole = |path: &Path| absolute(path).map_err(Error::NoCurrentFolder);
        let standard_input = paths.iter().any(|path| path.as_os_str() == "-");
        let named = paths.iter().filter(|path| path.as_os_str() != "-");
        let mut paths: Vec<PathBuf> = named.map(|path| whole(path)).collect::<Result<_, _>>()?;
        let here = whole(Path::new("."))?;
        let common = common_folder(&paths).unwrap_or_else(|| here.clone());
        let configured = configured_root(&common);
        let is_configured = configured.is_some();
        let folder = configured.unwrap_or(common);
        if paths.is_empty() && !standard_input {
            paths.push(if is_configured { folder.clone() } else { here });
        }
        Ok(Self { folder, is_configured, paths, standard_input })
    }

    /// Returns the folder that names of sources are relative to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether the folder has `telovix.yaml`.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// Returns whether the whole repository is read.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_configured && self.paths == [self.folder.clone()]
    }

    /// Returns the prefix that turns the name of a source into a path relative to the current folder.
    #[must_use]
    pub fn shown_below(&self) -> String {
        match shown(&self.folder) {
            here if here == "." => String::new(),
            folder if folder.ends_with('/') => folder,
            folder => format!("{folder}/"),
        }
    }

    /// Returns the name of a file: its path relative to the root, with `/` on every platform.
    pub(crate) fn name(&self, file: &Path) -> String {
        let below = file.strip_prefix(&self.folder).unwrap_or(file);
        let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
        parts.collect::<Vec<_>>().join("/")
    }
}

/// Returns the common parent of all paths; for a single folder, the folder itself.
fn common_folder(paths: &[PathBuf]) -> Option<PathBuf> {
    let folders = paths.iter().map(|path| match path.parent() {
        Some(parent) if !path.is_dir() => parent,
        _ => path,
    });
    folders.map(Path::to_owned).reduce(|common, folder| {
        let shared = common.components().zip(folder.components()).take_while(|(left, right)| left == right);
        shared.map(|(part, _)| part).collect()
    })
}

/// Returns the nearest folder upwards with the settings, but not above the root of the git repository.
fn configured_root(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        // A dangling link counts too: reading it is then an error, instead of running without settings.
        if folder.join(CONFIGURATION).symlink_metadata().is_ok() {
            return Some(folder.to_owned());
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}
