//! The files and folders that a walk skipped -> the policy documents in them, which must not be dropped silently.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{DEEPEST, Identity, entries, identity};
use super::recognise::holds_document;
use super::{Problem, Skipped};
use crate::bounded::read_file;
use crate::bundle::Bundle;
use crate::path::{is_policy_name, shown};

/// A skipped file or folder, to be searched.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) reason: Skipped,
    pub(super) path: PathBuf,
    /// The files that a compile wrote into it, if any.
    pub(super) bundle: Option<Bundle>,
}

impl Search {
    /// Searches for documents. Files in `read` were read under another name, so they are not reported.
    pub(super) fn run(self, read: &BTreeSet<Identity>, problems: &mut Vec<Problem>) {
        let Self { reason, path, bundle } = self;
        let mut digger =
            Digger { root: &path, bundle, read, above: Vec::new(), documents: Vec::new(), problems };
        digger.visit(&path);
        let documents = digger.documents;
        if !documents.is_empty() {
            problems.push(Problem::SkippedDocuments { reason, path: shown(&path), documents });
        }
    }
}

struct Digger<'run> {
    root: &'run Path,
    bundle: Option<Bundle>,
    read: &'run BTreeSet<Identity>,
    above: Vec<Identity>,
    documents: Vec<String>,
    problems: &'run mut Vec<Problem>,
}

impl Digger<'_> {
    fn visit(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.enter(path, &metadata),
            Ok(metadata) if metadata.is_file() && is_policy_name(path) => self.examine(path, &metadata),
            Ok(_) => {}
            // Ignore dangling links.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.problems.push(Problem::unreadable(shown(path), error)),
        }
    }

    fn enter(&mut self, folder: &Path, metadata: &Metadata) {
        let identity = identity(metadata);
        if self.above.contains(&identity) {
            return;
        }
        if self.above.len() >= DEEPEST {
            return self.problems.push(Problem::TooDeep(shown(folder)));
        }
        match entries(folder) {
            Ok(paths) => {
                self.above.push(identity);
                paths.iter().for_each(|path| self.visit(path));
                self.above.pop();
            }
            Err(error) => self.problems.push(Problem::unreadable(shown(folder), error)),
        }
    }

    fn examine(&mut self, file: &Path, metadata: &Metadata) {
        if self.read.contains(&identity(metadata)) || self.is_artifact(file) {
            return;
        }
        match read_file(file) {
            Ok(bytes) if holds_document(&bytes) => self.documents.push(shown(file)),
            Ok(_) => {}
            Err(error) => self.problems.push(Problem::unreadable(shown(file), error)),
        }
    }

    fn is_artifact(&self, file: &Path) -> bool {
        let Some(bundle) = &self.bundle else { return false };
        let below = file.strip_prefix(self.root).ok().and_then(Path::to_str);
        below.is_some_and(|below| bundle.lists(below))
    }
}
