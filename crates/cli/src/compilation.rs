//! Paths and flags of the verbs that compile -> what the compiler says about them.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use telovix_compiler::emit::{Artifact, Receiver};
use telovix_compiler::{Options, Outcome, compile_to};
use telovix_diagnostic::{Level, Severity};
use telovix_document::lower::Policy;
use telovix_platform::Target;

use crate::config::{Config, check_level, level};
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{Input, Place, TRUST_ROOT};
use crate::output::Report;
use crate::output::text::plural;
use crate::progress::Progress;

/// The flags of the verbs that compile.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Files and folders to read; `-` is standard input. The repository around the current folder when absent.
    paths: Vec<PathBuf>,
    /// What the artifacts must run on; may be given several times. Replaces the targets of `telovix.yaml`.
    #[arg(long = "target", value_name = "TARGET", value_parser = target)]
    targets: Vec<Target>,
    #[command(flatten)]
    day: Day,
    /// Compile what holds on this sensor only.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// Compile what holds in this group of sensors only.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Give a finding another level: ignore, note, warning or error. May be given several times.
    #[arg(long = "level", value_name = "CODE=LEVEL")]
    levels: Vec<LevelOfCode>,
    /// Treat warnings as errors.
    #[arg(long)]
    deny_warnings: bool,
}

/// A policy repository, found: where it lies and how it is set up.
#[derive(Debug)]
pub(crate) struct Repository {
    place: Place,
    config: Config,
}

/// What came of a compile.
#[derive(Debug)]
pub(crate) struct Compilation {
    /// What there is to say, and about which sources.
    pub(crate) report: Report,
    /// What was made; absent when an error was found, or when it was not wanted to the end.
    pub(crate) artifacts: Option<Vec<Artifact>>,
    /// What the policies mean.
    _policy: Policy,
}

/// Where artifacts go when neither a flag nor the configuration says.
const OUTPUT: &str = "compiled-policies";

impl Repository {
    /// Finds the repository that the paths belong to.
    ///
    /// # Errors
    /// When its configuration has a mistake.
    pub(crate) fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let place = Place::find(paths)?;
        let config = Config::read(&place)?;
        Ok(Self { place, config })
    }

    /// Reads all but what lies in `output` and the trust root.
    pub(crate) fn read(&self, output: &Path) -> Input {
        self.place.read(&[output, &self.trust_root()])
    }

    /// Returns the root that names of sources count from.
    pub(crate) fn root(&self) -> &Path {
        &self.place.root
    }

    /// Returns where the trust root is or would be.
    pub(crate) fn trust_root(&self) -> PathBuf {
        self.config.trust_root.clone().unwrap_or_else(|| self.place.root.join(TRUST_ROOT))
    }

    /// Returns options that take the policies as they are written, for the whole fleet.
    ///
    /// # Errors
    /// When no day is given and the machine does not know it.
    pub(crate) fn options(&self, day: &Day) -> Result<Options, Failure> {
        let targets = match self.config.targets.as_slice() {
            [] => Target::ALL.to_vec(),
            configured => configured.to_vec(),
        };
        let as_of = day.date()?;
        Ok(Options {
            targets,
            levels: self.config.levels.clone(),
            as_of,
            sensor: None,
            group: None,
            engine: self.config.engine,
        })
    }

    /// Returns where artifacts go.
    pub(crate) fn output(&self) -> PathBuf {
        let unsaid =
            || if self.place.configured { self.place.root.join(OUTPUT) } else { PathBuf::from(OUTPUT) };
        self.config.output.clone().unwrap_or_else(unsaid)
    }
}

impl Selection {
    /// Finds the repository that the paths belong to.
    ///
    /// # Errors
    /// When its configuration has a mistake.
    pub(crate) fn repository(&self) -> Result<Repository, Failure> {
        Repository::find(&self.paths)
    }

    /// Reads and compiles all but what lies in `output`, and hands what it makes to `receiver`.
    ///
    /// What comes of it is never dropped. Who compiles ends the process afterwards, and to give a million small
    /// pieces of memory back one by one before that would take a twentieth of the whole run.
    ///
    /// # Errors
    /// When a flag is wrong. What is wrong with the policies is in the report.
    pub(crate) fn compile(
        &self,
        repository: &Repository,
        output: &Path,
        progress: &Progress,
        receiver: Receiver<'_>,
    ) -> Result<ManuallyDrop<Compilation>, Failure> {
        let options = self.options(repository)?;
        let input = repository.read(output);
        progress.step(format!("compiling {}", plural(input.sources.iter().count(), "file")));
        let Outcome { mut diagnostics, artifacts, policy } = compile_to(&input.sources, &options, receiver);
        if self.deny_warnings {
            let warnings = diagnostics.iter_mut().filter(|found| found.severity == Severity::Warning);
            warnings.for_each(|warning| warning.severity = Severity::Error);
        }
        let report = input.into_report(diagnostics);
        let artifacts = artifacts.filter(|_| report.summary().errors == 0);
        Ok(ManuallyDrop::new(Compilation { report, artifacts, _policy: policy }))
    }

    fn options(&self, repository: &Repository) -> Result<Options, Failure> {
        let mut options = repository.options(&self.day)?;
        for LevelOfCode { code, level } in &self.levels {
            check_level(code, *level).map_err(|problem| {
                Failure::because(Exit::CannotRun, Report::without_sources(vec![*problem]))
            })?;
            options.levels.set(code.clone(), *level);
        }
        if !self.targets.is_empty() {
            options.targets.clone_from(&self.targets);
        }
        options.sensor.clone_from(&self.sensor);
        options.group.clone_from(&self.group);
        Ok(options)
    }
}

/// The value of `--level`.
#[derive(Debug, Clone)]
struct LevelOfCode {
    code: String,
    level: Level,
}

impl FromStr for LevelOfCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (code, word) = text.split_once('=').ok_or("expected CODE=LEVEL")?;
        let level = level(word).ok_or("the levels are ignore, note, warning and error")?;
        Ok(Self { code: code.to_owned(), level })
    }
}

fn target(name: &str) -> Result<Target, String> {
    let known = || Target::ALL.map(|target| target.to_string()).join(", ");
    Target::parse(name).ok_or_else(|| format!("the targets are {}", known()))
}
