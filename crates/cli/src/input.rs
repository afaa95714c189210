//! Paths from the command line -> the sources of a run, and what could not be read, all of it at once.

mod code;
mod decode;
mod walk;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use telovix_diagnostic::Diagnostic;
use telovix_diagnostic::source::SourceSet;

pub(crate) use code::CODES;
pub(crate) use walk::{is_compiled, is_policy_name};

use crate::output::Report;

/// The name of the file that marks the root of a policy repository.
pub(crate) const CONFIGURATION: &str = "telovix.yaml";

/// The name of the file with the trust root, unless the configuration names another.
pub(crate) const TRUST_ROOT: &str = "trust-root.json";

/// What standard input is called in findings and artifacts.
pub(crate) const STANDARD_INPUT: &str = "<stdin>";

/// More than this of one file is not read. Spans count bytes in 32 bits.
const LARGEST_FILE: u64 = 1 << 30;

/// The sources of a run, read.
#[derive(Debug)]
pub(crate) struct Input {
    /// The texts, named from the root, so that artifacts do not tell where the repository was checked out.
    pub(crate) sources: SourceSet,
    /// What to put before a name to open it from the current folder.
    pub(crate) shown_below: String,
    /// What could not be read.
    pub(crate) problems: Vec<Diagnostic>,
}

impl Input {
    /// Takes files that were read elsewhere, each with its name.
    pub(crate) fn of_bytes(files: Vec<(String, Vec<u8>)>) -> Self {
        let mut problems = Vec::new();
        let mut texts = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            match decode::text(bytes, &name) {
                Ok(text) => texts.push((name, text)),
                Err(problem) => problems.push(*problem),
            }
        }
        Self { sources: SourceSet::new(texts), shown_below: String::new(), problems }
    }

    /// Joins findings about these sources with what could not be read.
    pub(crate) fn into_report(self, findings: Vec<Diagnostic>) -> Report {
        let diagnostics = self.problems.into_iter().chain(findings).collect();
        Report { sources: self.sources, shown_below: self.shown_below, diagnostics }
    }
}

/// Where a run reads: the paths of the command line, and the folder that names count from.
#[derive(Debug)]
pub(crate) struct Place {
    /// The policy repository's root: the nearest folder upwards that holds `telovix.yaml`; else the folder
    /// that all paths lie in.
    pub(crate) root: PathBuf,
    /// Whether the root holds `telovix.yaml`.
    pub(crate) configured: bool,
    paths: Vec<PathBuf>,
    standard_input: bool,
}

impl Place {
    /// Finds the root that belongs to `paths`; without paths, the repository around the current folder is read.
    ///
    /// # Errors
    /// When the current folder is gone.
    pub(crate) fn find(paths: &[PathBuf]) -> io::Result<Self> {
        let standard_input = paths.iter().any(|path| path.as_os_str() == "-");
        let named = paths.iter().filter(|path| path.as_os_str() != "-");
        let mut paths: Vec<PathBuf> = named.map(|path| absolute(path)).collect::<io::Result<_>>()?;
        let here = absolute(Path::new("."))?;
        let common = common_folder(&paths).unwrap_or_else(|| here.clone());
        let root = configured_root(&common);
        let configured = root.is_some();
        let root = root.unwrap_or(common);
        if paths.is_empty() && !standard_input {
            paths.push(if configured { root.clone() } else { here });
        }
        Ok(Self { root, configured, paths, standard_input })
    }

    /// Reads every path. Folders give the policy files below them, without hidden ones, without the
    /// configuration, and without what is `left_out`, such as the folder this run writes.
    pub(crate) fn read(&self, left_out: &[&Path]) -> Input {
        let mut problems = Vec::new();
        let mut files = BTreeSet::new();
        for path in &self.paths {
            walk::collect(path, left_out, &mut files, &mut problems);
        }
        let mut texts = Vec::new();
        let mut seen = BTreeSet::new();
        for file in files {
            match read_file(&file, &mut seen) {
                Ok(Some(text)) => texts.push((self.name(&file), text)),
                Ok(None) => {}
                Err(problem) => problems.push(*problem),
            }
        }
        if self.standard_input {
            match read_text(io::stdin().lock(), STANDARD_INPUT, 0) {
                Ok(text) => texts.push((STANDARD_INPUT.to_owned(), text)),
                Err(problem) => problems.push(*problem),
            }
        }
        if texts.is_empty() && problems.is_empty() {
            let shown: Vec<_> = self.paths.iter().map(|path| format!("`{}`", shown(path))).collect();
            let message = format!("there is no policy file below {}", shown.join(", "));
            let found = Diagnostic::new(&code::NOTHING_TO_READ, None, message);
            problems.push(
                found.help("folders are searched for `*.yaml`, `*.yml` and `*.json`, without hidden ones"),
            );
        }
        Input { sources: SourceSet::new(texts), shown_below: self.shown_below(), problems }
    }

    /// Returns the name of a file: its path from the root, on any machine with `/` between the parts.
    fn name(&self, file: &Path) -> String {
        let below = file.strip_prefix(&self.root).unwrap_or(file);
        let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
        parts.collect::<Vec<_>>().join("/")
    }

    /// Returns what to put before a name to open it from the current folder.
    pub(crate) fn shown_below(&self) -> String {
        match shown(&self.root) {
            here if here == "." => String::new(),
            folder if folder.ends_with('/') => folder,
            folder => format!("{folder}/"),
        }
    }
}

/// Returns a path as it is best shown: from the current folder where it lies below it.
pub(crate) fn shown(path: &Path) -> String {
    let here = absolute(Path::new(".")).unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// Returns the path from the root of the file system, without `.` and `..`. Links are left alone: what a
/// user wrote is what a user wants to read in findings.
pub(crate) fn absolute(path: &Path) -> io::Result<PathBuf> {
    let mut result = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            part => result.push(part),
        }
    }
    Ok(result)
}

/// Returns the folder that holds all paths: a lone folder is its own.
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

/// Returns the nearest folder upwards that holds the configuration, no further than the version control's root.
fn configured_root(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        if folder.join(CONFIGURATION).is_file() {
            return Some(folder.to_owned());
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Reads one file, unless the same file was read before under another name.
fn read_file(path: &Path, seen: &mut BTreeSet<(u64, u64)>) -> Result<Option<String>, Box<Diagnostic>> {
    let unreadable = |error: io::Error| Box::new(code::unreadable(&shown(path), &error));
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !seen.insert((metadata.dev(), metadata.ino())) {
        return Ok(None);
    }
    read_text(file, &shown(path), metadata.len()).map(Some)
}

/// Reads all there is; `expected` bytes are likely.
fn read_text(reader: impl Read, name: &str, expected: u64) -> Result<String, Box<Diagnostic>> {
    let room = usize::try_from(expected.min(LARGEST_FILE)).unwrap_or(0);
    // One byte more, so that the end is found without room for more.
    let mut bytes = Vec::with_capacity(room + 1);
    let read = reader.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| code::unreadable(name, &error))?;
    if bytes.len() as u64 > LARGEST_FILE {
        let message = format!("`{name}` is larger than {LARGEST_FILE} bytes");
        let problem = Diagnostic::new(&code::FILE_TOO_LARGE, None, message);
        return Err(problem.help("split it into several files").into());
    }
    decode::text(bytes, name)
}

#[cfg(test)]
mod tests;
