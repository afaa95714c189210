//! A path -> the policy files at or below it, in a fixed order and without following link cycles.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{DEEPEST, Identity, entries, identity};
use super::skipped::Search;
use super::{LeftOut, Problem, Skipped};
use crate::bundle::Bundle;
use crate::path::{CONFIGURATION, TRUST_ROOT, is_policy_name, shown};

/// Folders of version control, which hold earlier versions of the same documents.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// Why a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A command names it, so it is a policy.
    Named,
    /// It is in a folder, and may be something else.
    Found,
}

/// The result of a walk.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files with the name of a policy, by path.
    pub(super) files: BTreeMap<PathBuf, Origin>,
    /// The skipped files and folders, to be searched for documents.
    pub(super) skipped: Vec<Search>,
    pub(super) problems: Vec<Problem>,
    /// How many files and folders the settings leave out.
    pub(super) excluded: usize,
}

/// Adds the file `path`, or the policy files below the folder `path`.
pub(super) fn collect(path: &Path, left_out: &LeftOut<'_>, found: &mut Found) {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut walk = Walk { left_out, found, above: Vec::new() };
            walk.enter(path, &metadata);
        }
        // A path that the user names is always read, even a pipe from the shell.
        Ok(_) => {
            found.files.insert(path.to_owned(), Origin::Named);
        }
        Err(error) => found.problems.push(Problem::unreadable(shown(path), error)),
    }
}

struct Walk<'run> {
    left_out: &'run LeftOut<'run>,
    found: &'run mut Found,
    /// The folders from the start to here: a link to one of them is a cycle.
    above: Vec<Identity>,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, metadata: &Metadata) {
        let identity = identity(metadata);
        if self.above.contains(&identity) {
            return self.found.problems.push(Problem::Circle(shown(folder)));
        }
        if self.above.len() >= DEEPEST {
            return self.found.problems.push(Problem::TooDeep(shown(folder)));
        }
        let paths = match entries(folder) {
            Ok(paths) => paths,
            Err(error) => return self.unreadable(folder, error),
        };
        self.above.push(identity);
        for path in paths {
            self.consider(path);
        }
        self.above.pop();
    }

    fn consider(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if VERSION_CONTROL.contains(&name.as_ref()) || self.left_out.is_staging(&path) {
            return;
        }
        if self.left_out.is_excluded(&path) {
            self.found.excluded += 1;
            return;
        }
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // Ignore hidden dangling links, such as the lock files of editors.
            Err(error) if name.starts_with('.') && error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.unreadable(&path, error),
        };
        if self.left_out.is_baseline(&path) {
            return;
        }
        let reason = if name == CONFIGURATION {
            Some(Skipped::Settings)
        } else if name == TRUST_ROOT || self.left_out.is_trust_root(&metadata) {
            Some(Skipped::TrustRoot)
        } else if self.left_out.is_output(&metadata) {
            Some(Skipped::Output)
        } else if name.starts_with('.') {
            Some(Skipped::Hidden)
        } else {
            None
        };
        let bundle = if metadata.is_dir() { Bundle::read(&path) } else { Ok(None) };
        match (reason, bundle) {
            (_, Err(error)) => self.unreadable(&path, error),
            (Some(reason), Ok(bundle)) => self.found.skipped.push(Search { reason, path, bundle }),
            (None, Ok(bundle @ Some(_))) => {
                self.found.skipped.push(Search { reason: Skipped::Compiled, path, bundle });
            }
            (None, Ok(None)) if metadata.is_dir() => self.enter(&path, &metadata),
            (None, Ok(None)) if !is_policy_name(&path) => {}
            (None, Ok(None)) if !self.left_out.is_included(&path) => self.found.excluded += 1,
            (None, Ok(None)) if metadata.is_file() => {
                self.found.files.entry(path).or_insert(Origin::Found);
            }
            (None, Ok(None)) => self.found.problems.push(Problem::NotAFile(shown(&path))),
        }
    }

    fn unreadable(&mut self, path: &Path, error: io::Error) {
        self.found.problems.push(Problem::unreadable(shown(path), error));
    }
}
