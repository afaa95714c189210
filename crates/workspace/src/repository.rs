//! A root and its settings -> reading and compiling.

use std::path::{Path, PathBuf};

use telovix_compiler::emit::{Artifact, Receiver};
use telovix_compiler::{Options, Outcome, compile_to};
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_document::lower::Policy;
use telovix_platform::Target;
use telovix_policy::value::Date;

use crate::error::Error;
use crate::findings::Findings;
use crate::path::TRUST_ROOT;
use crate::root::Root;
use crate::settings::Settings;
use crate::sources::{Input, LeftOut};

/// Where artifacts go when nothing else is said.
const OUTPUT: &str = "compiled-policies";

/// A policy repository: where it lies and how it is set up.
#[derive(Debug)]
pub struct Repository {
    root: Root,
    settings: Settings,
}

/// What a compile gives.
#[derive(Debug)]
pub struct Compilation {
    /// What there is to say, including what could not be read.
    pub findings: Findings,
    /// What was made, by path; absent when a finding is an error, or when the receiver did not take it all.
    pub artifacts: Option<Vec<Artifact>>,
    /// What the documents without an error mean.
    pub policy: Policy,
}

impl Repository {
    /// Finds the repository that the paths belong to; without paths, the one around the current folder.
    ///
    /// # Errors
    /// When the settings cannot be read or have a mistake, or the current folder is gone.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Error> {
        let root = Root::find(paths)?;
        let settings = Settings::read(&root)?;
        Ok(Self { root, settings })
    }

    /// Reads the paths that the repository was found by, or all of it, but not the artifacts in `output` and not the
    /// trust root.
    #[must_use]
    pub fn read(&self, output: &Path) -> Input {
        self.root.read(&LeftOut::new(output, &self.trust_root()))
    }

    /// Returns the folder that names of sources count from.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.folder()
    }

    /// Returns where the repository lies and which of its paths were named.
    #[must_use]
    pub fn place(&self) -> &Root {
        &self.root
    }

    /// Returns where the trust root is or would be.
    #[must_use]
    pub fn trust_root(&self) -> PathBuf {
        self.settings.trust_root.clone().unwrap_or_else(|| self.root.folder().join(TRUST_ROOT))
    }

    /// Returns options that take the policies as they are written, for the whole fleet, on the configured targets, or
    /// on all of them. Exceptions that ended before `as_of` are left out; findings are about `today`.
    #[must_use]
    pub fn options(&self, as_of: Option<Date>, today: Date) -> Options {
        let targets = match self.settings.targets.as_slice() {
            [] => Target::ALL.to_vec(),
            configured => configured.to_vec(),
        };
        let levels = self.settings.levels.clone();
        Options {
            targets,
            levels,
            as_of,
            today: Some(today),
            sensor: None,
            group: None,
            engine: self.settings.engine,
        }
    }

    /// Returns the notes about old names in the settings.
    #[must_use]
    pub fn notes(&self) -> &[Diagnostic] {
        &self.settings.notes
    }

    /// Returns where artifacts go: `output` of the settings, else `compiled-policies` in the root, or in the current
    /// folder where there are no settings.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        let default = || {
            if self.root.is_configured() { self.root.folder().join(OUTPUT) } else { PathBuf::from(OUTPUT) }
        };
        self.settings.output.clone().unwrap_or_else(default)
    }
}

impl Compilation {
    /// Compiles what was read, and hands each artifact to `receiver` when it is made. With `deny_warnings`, warnings
    /// are errors. What could not be read is among the findings, and no artifact is complete then.
    #[must_use]
    pub fn of(input: Input, options: &Options, deny_warnings: bool, receiver: Receiver<'_>) -> Self {
        let Outcome { mut diagnostics, artifacts, policy } = compile_to(&input.sources, options, receiver);
        if deny_warnings {
            diagnostics.iter_mut().for_each(deny);
        }
        let findings = input.into_findings(diagnostics);
        let artifacts = artifacts.filter(|_| !findings.has_errors());
        Self { findings, artifacts, policy }
    }
}

fn deny(found: &mut Diagnostic) {
    if found.severity == Severity::Warning {
        found.severity = Severity::Error;
    }
}

#[cfg(test)]
mod tests;
