//! Paths, patterns and folders -> the files of a history, each once, in a fixed order.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A part of a history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file, a pipe or a device.
    File(PathBuf),
    /// Standard input.
    StandardInput,
}

impl Source {
    /// Returns what it is called in answers.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "<stdin>".to_owned(),
        }
    }

    /// Returns how many bytes it has now, compressed or not; none where that is not known.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len()),
            Self::StandardInput => None,
        }
    }
}

/// A path that gives no history.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nothing has this name.
    #[error("cannot read the history `{}`: {error}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// No file matches a pattern.
    #[error("no file matches `{0}`")]
    NoMatch(String),
    /// A pattern cannot be read.
    #[error("`{pattern}` is not a pattern: {problem}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A folder has no file.
    #[error("the folder `{}` has no file", .0.display())]
    EmptyFolder(PathBuf),
}

/// Finds the files that the arguments name. A folder gives every file below it but hidden ones, by name; an argument
/// that is no file and has `*`, `?` or `[` is a pattern; `-` is standard input. A file that is named twice, also under
/// another name, is read once.
///
/// # Errors
/// Every argument that names nothing.
pub fn find(arguments: &[PathBuf]) -> Result<Vec<Source>, Vec<SourceError>> {
    let mut search = Search::default();
    for argument in arguments {
        search.argument(argument);
    }
    if search.errors.is_empty() { Ok(search.found) } else { Err(search.errors) }
}

#[derive(Default)]
struct Search {
    found: Vec<Source>,
    errors: Vec<SourceError>,
    seen: HashSet<(u64, u64)>,
}

impl Search {
    fn argument(&mut self, argument: &Path) {
        if argument.as_os_str() == "-" {
            if !self.found.contains(&Source::StandardInput) {
                self.found.push(Source::StandardInput);
            }
            return;
        }
        match fs::metadata(argument) {
            Ok(metadata) if metadata.is_dir() => {
                let before = self.found.len();
                let errors = self.errors.len();
                self.folder(argument, &metadata);
                if self.found.len() == before && self.errors.len() == errors {
                    self.errors.push(SourceError::EmptyFolder(argument.to_owned()));
                }
            }
            Ok(metadata) => self.file(argument.to_owned(), &metadata),
            Err(error) => match argument.to_str() {
                Some(text) if text.contains(['*', '?', '[']) => self.pattern(text),
                _ => self.unreadable(argument, error),
            },
        }
    }

    fn pattern(&mut self, pattern: &str) {
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let paths = match glob::glob_with(pattern, options) {
            Ok(paths) => paths,
            Err(error) => {
                return self
                    .errors
                    .push(SourceError::BadPattern { pattern: pattern.to_owned(), problem: error.msg });
            }
        };
        let mut none = true;
        for path in paths {
            none = false;
            match path {
                Ok(path) => match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_dir() => self.folder(&path, &metadata),
                    Ok(metadata) => self.file(path, &metadata),
                    Err(error) => self.unreadable(&path, error),
                },
                Err(error) => {
                    let path = error.path().to_owned();
                    self.unreadable(&path, error.into());
                }
            }
        }
        if none {
            self.errors.push(SourceError::NoMatch(pattern.to_owned()));
        }
    }

    fn folder(&mut self, folder: &Path, metadata: &fs::Metadata) {
        // A link to a folder above leads around in a circle.
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        let names = fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()
        });
        let mut names = match names {
            Ok(names) => names,
            Err(error) => return self.unreadable(folder, error),
        };
        names.sort();
        for name in names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")) {
            let path = folder.join(name);
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.folder(&path, &metadata),
                Ok(metadata) if metadata.is_file() => self.file(path, &metadata),
                // A pipe or a socket in a folder of files is no history.
                Ok(_) => {}
                Err(error) => self.unreadable(&path, error),
            }
        }
    }

    fn file(&mut self, path: PathBuf, metadata: &fs::Metadata) {
        if self.seen.insert((metadata.dev(), metadata.ino())) {
            self.found.push(Source::File(path));
        }
    }

    fn unreadable(&mut self, path: &Path, error: io::Error) {
        self.errors.push(SourceError::Unreadable { path: path.to_owned(), error });
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Source, SourceError, find};

    #[test]
    fn folders_and_patterns_give_each_file_once_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.log", "a.log", ".hidden", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("a.log"), folder.path().join("z.log")).unwrap();
        let names = |arguments: &[PathBuf]| {
            let found = find(arguments).unwrap();
            found
                .iter()
                .map(|source| source.name().rsplit('/').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[folder.path().to_owned()]), ["a.log", "b.log", "c.txt"]);
        assert_eq!(names(&[folder.path().join("*.log")]), ["a.log", "b.log"]);
        assert_eq!(names(&["-".into(), folder.path().join("b.log"), "-".into()]), ["<stdin>", "b.log"]);
    }

    #[test]
    fn every_argument_that_names_nothing_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["missing", "*.log", "[z"].map(|name| folder.path().join(name));
        let errors = find(&[&arguments[..], &[folder.path().to_owned()]].concat()).unwrap_err();
        assert!(matches!(
            errors.as_slice(),
            [
                SourceError::Unreadable { .. },
                SourceError::NoMatch(_),
                SourceError::BadPattern { .. },
                SourceError::EmptyFolder(_)
            ]
        ));
        let _ = Source::StandardInput.bytes();
    }
}
