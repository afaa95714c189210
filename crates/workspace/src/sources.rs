//! Paths -> the sources of a run, and all read errors.

pub(crate) mod code;
mod decode;
mod folder;
mod problem;
mod recognise;
mod selection;
mod skipped;
mod walk;

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Levels, Sink};

use crate::bounded::{self, LARGEST_FILE};
use crate::findings::Findings;
use crate::path::{STANDARD_INPUT, shown};
use crate::root::Root;
use folder::{Identity, identity};
use selection::Others;
use walk::{Found, Origin};

pub use code::CODES;
pub use problem::{Problem, Skipped};
pub use selection::Selection;

/// The sources of a run.
#[derive(Debug)]
pub struct Input {
    /// The texts, with names relative to the root, so that artifacts do not depend on where the repository is.
    pub sources: SourceSet,
    /// The prefix that turns a name into a path relative to the current folder.
    pub shown_below: String,
    /// The read errors.
    pub problems: Vec<Problem>,
}

/// The files and folders of a repository that are not policies.
#[derive(Debug, Default)]
pub struct LeftOut<'run> {
    output: Option<(&'run Path, Option<Identity>)>,
    trust_root: Option<Identity>,
    selection: Option<&'run Selection>,
    baseline: Option<PathBuf>,
}

impl<'run> LeftOut<'run> {
    /// Leaves out the output folder and the trust root, if they exist.
    #[must_use]
    pub fn new(output: &'run Path, trust_root: &Path) -> Self {
        // A missing path cannot be found by the walk; an inaccessible one is reported by the walk.
        let known = |path: &Path| fs::metadata(path).ok().as_ref().map(identity);
        Self { output: Some((output, known(output))), trust_root: known(trust_root), ..Self::default() }
    }

    /// Leaves out what the settings leave out.
    #[must_use]
    pub fn selected_by(self, selection: &'run Selection) -> Self {
        Self { selection: Some(selection), ..self }
    }

    /// Leaves out the baseline of the repository, which is read as such.
    #[must_use]
    pub fn and_baseline(self, baseline: PathBuf) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    fn is_baseline(&self, path: &Path) -> bool {
        self.baseline.as_deref() == Some(path)
    }

    fn is_excluded(&self, path: &Path) -> bool {
        self.selection.is_some_and(|selection| selection.excludes(path))
    }

    fn is_included(&self, path: &Path) -> bool {
        self.selection.is_none_or(|selection| selection.includes(path))
    }

    fn is_output(&self, metadata: &Metadata) -> bool {
        self.output.is_some_and(|(_, output)| output == Some(identity(metadata)))
    }

    fn is_trust_root(&self, metadata: &Metadata) -> bool {
        metadata.is_file() && self.trust_root == Some(identity(metadata))
    }

    /// Returns whether this is the staging folder of a compile, possibly of one that was killed.
    fn is_staging(&self, path: &Path) -> bool {
        self.output
            .and_then(|(output, _)| crate::path::staging(output))
            .is_some_and(|staging| staging == path)
    }
}

impl Input {
    /// Creates an input from files that were read elsewhere, each with its name.
    #[must_use]
    pub fn of_bytes(files: Vec<(String, Vec<u8>)>) -> Self {
        let mut problems = Vec::new();
        let mut texts = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            match decode::text(bytes, &name) {
                Ok(text) => texts.push((name, text)),
                Err(problem) => problems.push(problem),
            }
        }
        Self { sources: SourceSet::new(texts), shown_below: String::new(), problems }
    }

    /// Creates an input from the files of a folder that was read elsewhere, such as a revision: those that are no policies
    /// are left out.
    #[must_use]
    pub fn of_folder(files: Vec<(String, Vec<u8>)>, selection: Option<&Selection>) -> Self {
        let is_selected = |name: &str| selection.is_none_or(|selection| selection.reads(name));
        let mut others = Others::default();
        let of_policies = files.into_iter().filter(|(name, bytes)| {
            is_selected(name)
                && match std::str::from_utf8(bytes) {
                    Ok(text) if !bytes.contains(&0) => others.take(Path::new(name), name, text),
                    // What is no text is reported.
                    _ => true,
                }
        });
        let mut input = Self::of_bytes(of_policies.collect());
        others.report(&mut input.problems);
        input
    }

    /// Joins findings about these sources with the read errors.
    #[must_use]
    pub fn into_findings(self, findings: Vec<Diagnostic>) -> Findings {
        self.into_findings_at(&Levels::default(), findings)
    }

    /// The same with the levels of a run.
    #[must_use]
    pub fn into_findings_at(self, levels: &Levels, findings: Vec<Diagnostic>) -> Findings {
        let mut sink = Sink::new(levels.clone());
        self.problems.into_iter().for_each(|problem| sink.report(problem.into()));
        let diagnostics = sink.into_diagnostics().into_iter().chain(findings).collect();
        Findings::new(self.sources, self.shown_below, diagnostics)
    }
}

impl Root {
    /// Reads every named path. A folder means the policy files below it, except for hidden files, the settings, and
    /// `left_out`. A policy document among the skipped files is a problem.
    #[must_use]
    pub fn read(&self, left_out: &LeftOut<'_>) -> Input {
        let mut found = Found::default();
        for path in &self.paths {
            walk::collect(path, left_out, &mut found);
        }
        let Found { files, skipped, mut problems, excluded } = found;
        let mut texts = Vec::new();
        let mut seen = BTreeSet::new();
        let mut others = Others::default();
        for (file, origin) in files {
            match read_once(&file, &mut seen) {
                Ok(Some(text)) => {
                    if origin == Origin::Named || others.take(&file, &shown(&file), &text) {
                        texts.push((self.name(&file), text));
                    }
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if self.standard_input {
            match decoded(bounded::read(io::stdin().lock(), 0, LARGEST_FILE), STANDARD_INPUT) {
                Ok(text) => texts.push((STANDARD_INPUT.to_owned(), text)),
                Err(problem) => problems.push(problem),
            }
        }
        for search in skipped {
            search.run(&seen, &mut problems);
        }
        if texts.is_empty() && problems.is_empty() {
            let shown: Vec<_> = self.paths.iter().map(|path| format!("`{}`", shown(path))).collect();
            problems.push(Problem::Nothing { below: shown.join(", "), others: others.count(), excluded });
        }
        others.report(&mut problems);
        if let Some(selection) = left_out.selection.filter(|_| self.is_whole()) {
            problems.extend(selection.unmatched().into_iter().map(Problem::UnmatchedPattern));
        }
        Input { sources: SourceSet::new(texts), shown_below: self.shown_below(), problems }
    }
}

/// Reads one file, unless it was already read under another name, or is the empty file that the shell has just created
/// for the output of this process, as in `telovix lint > lint.json`.
fn read_once(path: &Path, seen: &mut BTreeSet<Identity>) -> Result<Option<String>, Problem> {
    let unreadable = |error| Problem::unreadable(shown(path), error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !seen.insert(identity(&metadata)) || (metadata.len() == 0 && is_standard_output(&metadata)) {
        return Ok(None);
    }
    let expected = if metadata.is_file() { metadata.len() } else { 0 };
    decoded(bounded::read(file, expected, LARGEST_FILE), &shown(path)).map(Some)
}

fn decoded(bytes: io::Result<Vec<u8>>, name: &str) -> Result<String, Problem> {
    let bytes = bytes.map_err(|error| Problem::unreadable(name.to_owned(), error))?;
    decode::text(bytes, name)
}

fn is_standard_output(metadata: &Metadata) -> bool {
    // A process without standard output writes to no file.
    let output = rustix::fs::fstat(io::stdout().as_fd());
    metadata.is_file() && output.is_ok_and(|output| (output.st_dev, output.st_ino) == identity(metadata))
}

#[cfg(test)]
mod tests;
