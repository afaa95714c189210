//! The files of a folder -> those that are policies, and what the others are.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Problem;
use super::recognise::{Class, class};
use crate::glob::Glob;

/// The patterns of `include` and `exclude`, and which of them matched.
#[derive(Debug, Default)]
pub struct Selection {
    root: PathBuf,
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    matched: RefCell<BTreeSet<String>>,
}

impl Selection {
    /// Creates the selection of a repository.
    #[must_use]
    pub fn new(root: &Path, include: &[Glob], exclude: &[Glob]) -> Self {
        let (include, exclude) = (include.to_vec(), exclude.to_vec());
        Self { root: root.to_owned(), include, exclude, matched: RefCell::default() }
    }

    /// Returns whether the settings leave out a file or folder.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.below(path).is_some_and(|name| self.matches(&self.exclude, &name))
    }

    /// Returns whether the settings include a file.
    pub(super) fn includes(&self, path: &Path) -> bool {
        self.include.is_empty() || self.below(path).is_none_or(|name| self.matches(&self.include, &name))
    }

    /// Returns whether a file with this name, relative to the root, is read.
    pub(super) fn reads(&self, name: &str) -> bool {
        let is_included = self.include.is_empty() || self.matches(&self.include, name);
        is_included && !self.matches(&self.exclude, name)
    }

    /// Returns the patterns that matched nothing so far.
    pub(super) fn unmatched(&self) -> Vec<String> {
        let matched = self.matched.borrow();
        let all = self.include.iter().chain(&self.exclude).map(Glob::text);
        all.filter(|text| !matched.contains(*text)).map(str::to_owned).collect()
    }

    fn below(&self, path: &Path) -> Option<String> {
        Some(path.strip_prefix(&self.root).ok()?.to_string_lossy().into_owned())
    }

    fn matches(&self, globs: &[Glob], name: &str) -> bool {
        let mut any = false;
        for glob in globs.iter().filter(|glob| glob.matches(name)) {
            any = true;
            if !self.matched.borrow().contains(glob.text()) {
                self.matched.borrow_mut().insert(glob.text().to_owned());
            }
        }
        any
    }
}

/// The files of a run that are no policies, as they are shown.
#[derive(Debug, Default)]
pub(super) struct Others {
    files: Vec<String>,
    templates: Vec<String>,
}

impl Others {
    /// Returns whether a file is a policy; remembers it if not.
    pub(super) fn take(&mut self, path: &Path, shown: &str, text: &str) -> bool {
        let class = if text.trim_start_matches('\u{feff}').trim().is_empty() {
            let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
            // An empty YAML file may be a policy that a full disk truncated; tools leave empty JSON files everywhere.
            if is_json { Class::Other } else { Class::Policy }
        } else {
            class(text)
        };
        match class {
            Class::Policy => return true,
            Class::Template => self.templates.push(shown.to_owned()),
            Class::Other => self.files.push(shown.to_owned()),
        }
        false
    }

    /// Returns how many files are no policies.
    pub(super) fn count(&self) -> usize {
        self.files.len() + self.templates.len()
    }

    /// Adds a note for each kind.
    pub(super) fn report(self, problems: &mut Vec<Problem>) {
        if !self.files.is_empty() {
            problems.push(Problem::OtherFiles(self.files));
        }
        if !self.templates.is_empty() {
            problems.push(Problem::Templates(self.templates));
        }
    }
}
