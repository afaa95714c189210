//! A root and its settings -> reading and compiling.

use std::io;
use std::path::{Path, PathBuf};

use telovix_compiler::emit::{Artifact, Receiver};
use telovix_compiler::proof::Account;
use telovix_compiler::verdict::PolicyVerdict;
use telovix_compiler::{Options, Outcome, Proof, compile_to};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_document::lower::Policy;
use telovix_platform::Target;
use telovix_policy::value::Date;

use crate::baseline::{Accepts, BASELINE, Baseline, Stale, Verb};
use crate::bounded::read_file;
use crate::error::Error;
use crate::findings::Findings;
use crate::path::{TRUST_ROOT, shown};
use crate::root::Root;
use crate::settings::Settings;
use crate::sources::{Input, LeftOut, Problem, Selection};
use crate::target_file::{self, TargetHost};

/// The default output folder.
const OUTPUT: &str = "compiled-policies";

/// A policy repository: its root and its settings.
#[derive(Debug)]
pub struct Repository {
    root: Root,
    settings: Settings,
}

/// The result of a compile.
#[derive(Debug)]
pub struct Compilation {
    /// The findings, including read errors.
    pub findings: Findings,
    /// The artifacts, by path; absent if a finding is an error, or the receiver stopped early.
    pub artifacts: Option<Vec<Artifact>>,
    /// The meaning of the documents without errors.
    pub policy: Policy,
    /// Whether Tetragon accepts each TracingPolicy, by place.
    pub tracing_policies: Vec<PolicyVerdict>,
    /// What was read back of the artifacts and compared with the policy.
    pub proof: Account,
}

impl Repository {
    /// Finds the repository that the paths belong to; without paths, the one around the current folder.
    ///
    /// # Errors
    /// When the settings cannot be read or are invalid, or the current folder does not exist.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Error> {
        let root = Root::find(paths)?;
        let settings = Settings::read(&root)?;
        Ok(Self { root, settings })
    }

    /// Creates the repository that a folder would be with these settings, without writing them.
    ///
    /// # Errors
    /// When the settings are invalid, or the current folder does not exist.
    pub fn planned(folder: &Path, settings: &str) -> Result<Self, Error> {
        let mut root = Root::find(&[folder.to_owned()])?;
        root.folder = root.paths.first().cloned().unwrap_or(root.folder);
        root.is_configured = true;
        let settings = Settings::of_text(settings, &root)?;
        Ok(Self { root, settings })
    }

    /// Returns what would be read after some files were added, each with its name and text.
    #[must_use]
    pub fn read_with(&self, added: Vec<(String, String)>) -> Input {
        let Input { sources, shown_below, mut problems } = self.read(&self.output());
        if !added.is_empty() {
            problems.retain(|problem| !matches!(problem, Problem::Nothing { .. }));
        }
        let found = sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().to_owned()));
        Input { sources: SourceSet::new(found.chain(added)), shown_below, problems }
    }

    /// Reads the paths that the repository was found by, or all of it, except for the artifacts in `output` and the trust
    /// root.
    #[must_use]
    pub fn read(&self, output: &Path) -> Input {
        let selection = self.selection();
        let left_out = LeftOut::new(output, &self.trust_root()).selected_by(&selection);
        self.root.read(&left_out.and_baseline(self.baseline_path()))
    }

    /// Reads the files of another revision of the repository, with names relative to its root.
    #[must_use]
    pub fn read_files(&self, files: Vec<(String, Vec<u8>)>) -> Input {
        Input::of_folder(files, Some(&self.selection()))
    }

    fn selection(&self) -> Selection {
        Selection::new(self.root.folder(), &self.settings.include, &self.settings.exclude)
    }

    /// Returns the folder that names of sources are relative to.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.folder()
    }

    /// Returns the root and the named paths.
    #[must_use]
    pub fn place(&self) -> &Root {
        &self.root
    }

    /// Returns the path of the trust root, which may not exist.
    #[must_use]
    pub fn trust_root(&self) -> PathBuf {
        self.settings.trust_root.clone().unwrap_or_else(|| self.root.folder().join(TRUST_ROOT))
    }

    /// Returns the options from the settings: the whole fleet, on the configured targets or on all of them. Exceptions that
    /// ended before `as_of` are left out; findings refer to `today`.
    #[must_use]
    pub fn options(&self, as_of: Option<Date>, today: Date) -> Options {
        let targets = match self.settings.targets.as_slice() {
            [] if self.settings.hosts.is_empty() => Target::ALL.to_vec(),
            configured => configured.to_vec(),
        };
        let levels = self.settings.levels.clone();
        let mut options = Options {
            targets,
            levels,
            as_of,
            today: Some(today),
            sensor: None,
            group: None,
            engine: self.settings.engine,
            proof: Proof::default(),
            symbols: Vec::new(),
        };
        target_file::compile_for(&self.settings.hosts, &mut options);
        options
    }

    /// Returns whether the settings name targets.
    #[must_use]
    pub fn names_targets(&self) -> bool {
        !self.settings.targets.is_empty() || !self.settings.hosts.is_empty()
    }

    /// Returns the hosts of target files in the settings.
    #[must_use]
    pub fn hosts(&self) -> &[TargetHost] {
        &self.settings.hosts
    }

    /// Reads the baseline, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or has a mistake; all mistakes are reported.
    pub fn baseline(&self) -> Result<Option<Baseline>, Error> {
        let path = self.baseline_path();
        if !self.root.is_configured() || path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let unreadable = |error| Error::UnreadableSettings { path: shown(&path), error };
        let bytes = read_file(&path).map_err(unreadable)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
        let baseline = Baseline::parse(&text, &self.root.shown_below());
        baseline.map(Some).map_err(|findings| Error::Baseline(Box::new(findings)))
    }

    /// Returns the path of the baseline, which may not exist.
    #[must_use]
    pub fn baseline_path(&self) -> PathBuf {
        self.root.folder().join(BASELINE)
    }

    /// Returns the notes about old names in the settings.
    #[must_use]
    pub fn notes(&self) -> &[Diagnostic] {
        &self.settings.notes
    }

    /// Returns the output folder: `output` of the settings, else `compiled-policies` in the root, or in the current folder
    /// if there are no settings.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        let default = || {
            if self.root.is_configured() { self.root.folder().join(OUTPUT) } else { PathBuf::from(OUTPUT) }
        };
        self.settings.output.clone().unwrap_or_else(default)
    }
}

impl Compilation {
    /// Compiles the sources and passes each artifact to `receiver` as it is produced. Read errors are among the findings; the artifacts are then incomplete and not returned.
    #[must_use]
    pub fn of(input: Input, options: &Options, receiver: Receiver<'_>) -> Self {
        let Outcome { diagnostics, artifacts, policy, tracing_policies, proof } =
            compile_to(&input.sources, options, receiver);
        let findings = input.into_findings_at(&options.levels, diagnostics);
        let artifacts = artifacts.filter(|_| !findings.has_errors());
        Self { findings, artifacts, policy, tracing_policies, proof }
    }

    /// Sets the findings apart that a baseline accepts, and returns its entries that are stale.
    pub fn accept(&mut self, baseline: &Baseline, accepts: Accepts) -> Stale {
        baseline.judge(&mut self.findings, Verb::Lint, accepts)
    }

    /// Makes warnings errors; artifacts are then not returned.
    pub fn deny_warnings(&mut self) {
        self.findings.diagnostics.iter_mut().for_each(deny);
        self.artifacts = self.artifacts.take().filter(|_| !self.findings.has_errors());
    }
}

fn deny(found: &mut Diagnostic) {
    if found.severity == Severity::Warning {
        found.severity = Severity::Error;
    }
}

#[cfg(test)]
mod tests;
