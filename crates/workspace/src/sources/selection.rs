//! The files of a folder -> those that are policies, and what the others are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Problem;
use super::recognise::{Class, class};
use crate::glob::Glob;

/// The patterns of `include` and `exclude`, and which of them matched.
#[derive(Debug, Default)]
pub struct Selection {
    root: PathBuf,
    include: Patterns,
    exclude: Patterns,
    matched: RefCell<BTreeSet<String>>,
}

impl Selection {
    /// Creates the selection of a repository.
    #[must_use]
    pub fn new(root: &Path, include: &[Glob], exclude: &[Glob]) -> Self {
        let (include, exclude) = (Patterns::new(include), Patterns::new(exclude));
        Self { root: root.to_owned(), include, exclude, matched: RefCell::default() }
    }

    /// Returns whether the settings leave out a file or folder.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.below(path).is_some_and(|name| self.matches(&self.exclude, &name))
    }

    /// Returns whether the settings include a file.
    pub(super) fn includes(&self, path: &Path) -> bool {
        self.include.texts.is_empty()
            || self.below(path).is_none_or(|name| self.matches(&self.include, &name))
    }

    /// Returns whether a file with this name, relative to the root, is read.
    pub(super) fn reads(&self, name: &str) -> bool {
        let is_included = self.include.texts.is_empty() || self.matches(&self.include, name);
        is_included && !self.matches(&self.exclude, name)
    }

    /// Returns the patterns that matched nothing so far.
    pub(super) fn unmatched(&self) -> Vec<String> {
        let matched = self.matched.borrow();
        let all = self.include.texts.iter().chain(&self.exclude.texts);
        all.filter(|text| !matched.contains(*text)).cloned().collect()
    }

    fn below(&self, path: &Path) -> Option<String> {
        Some(path.strip_prefix(&self.root).ok()?.to_string_lossy().into_owned())
    }

    fn matches(&self, patterns: &Patterns, name: &str) -> bool {
        let mut any = false;
        for text in patterns.matching(name) {
            any = true;
            if !self.matched.borrow().contains(text) {
                self.matched.borrow_mut().insert(text.to_owned());
            }
        }
        any
    }
}

/// The patterns of one list. Those of one path are looked up: there may be one for each file.
#[derive(Debug, Default)]
struct Patterns {
    texts: Vec<String>,
    wild: Vec<Glob>,
    /// The text of each pattern of one path.
    paths: BTreeMap<String, String>,
}

impl Patterns {
    fn new(globs: &[Glob]) -> Self {
        let mut patterns =
            Self { texts: globs.iter().map(|glob| glob.text().to_owned()).collect(), ..Self::default() };
        for glob in globs {
            match glob.only() {
                Some(path) => {
                    patterns.paths.insert(path, glob.text().to_owned());
                }
                None => patterns.wild.push(glob.clone()),
            }
        }
        patterns
    }

    /// Returns the texts of the patterns that match a path or a folder above it.
    fn matching<'run>(&'run self, name: &'run str) -> impl Iterator<Item = &'run str> {
        let wild = self.wild.iter().filter(move |glob| glob.matches(name)).map(Glob::text);
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        let above = ends.filter_map(move |end| self.paths.get(name.get(..end)?)).map(String::as_str);
        wild.chain(above)
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
