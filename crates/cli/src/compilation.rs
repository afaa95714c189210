//! Paths and flags of the verbs that compile -> what the compiler says about them.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use telovix_compiler::emit::{Artifact, Receiver};
use telovix_compiler::proof::Account;
use telovix_compiler::{Options, Proof};
use telovix_diagnostic::{Certainty, Code, Diagnostic, Level, Sink};
use telovix_workspace::baseline::Accepts;
use telovix_workspace::settings::{check_level, level};
use telovix_workspace::target_file::check_against;
use telovix_workspace::{Compilation, KernelBtf, Repair, Repository};

use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_target::{Named, TargetParser, choose};
use crate::output::Report;
use crate::output::text::plural;
use crate::progress::Progress;

/// The flags of the verbs that compile.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Files and folders to read; `-` is standard input. Default: the current repository.
    paths: Vec<PathBuf>,
    /// What the artifacts must run on: a name, or the path of a target file; several are separated by commas or given one
    /// by one. Replaces the targets of `telovix.yaml`.
    #[arg(long = "target", value_name = "TARGET", value_delimiter = ',', value_parser = TargetParser)]
    targets: Vec<Named>,
    /// Check TracingPolicies against the kernel of this file: a copy of `/sys/kernel/btf/vmlinux` of a host. May be given
    /// several times. Replaces the kernels of the targets.
    #[arg(long = "btf", value_name = "FILE")]
    btf: Vec<PathBuf>,
    #[command(flatten)]
    day: Day,
    /// Compile only what applies to this sensor.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// Compile only what applies to this group of sensors.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Give a finding another level: ignore, note, warning or error. May be given several times.
    #[arg(long = "level", value_name = "CODE=LEVEL")]
    levels: Vec<LevelOfCode>,
    /// Treat warnings as errors.
    #[arg(long)]
    deny_warnings: bool,
}

/// A fix changed the meaning it was to keep.
pub(crate) static BAD_FIX: Code = Code::page(include_str!("compilation/bad-fix.md"));

const REPORT_IT: &str = "no file was changed; this is a mistake in telovix: report it with the policy";

/// What came of a compile.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// What there is to say, and about which sources.
    pub(crate) report: Report,
    /// What was made; absent when an error was found, or when it was not wanted to the end.
    pub(crate) artifacts: Option<Vec<Artifact>>,
    /// What was read back of it and compared with the policy.
    pub(crate) proof: Account,
}

impl Selection {
    /// Finds the repository that the paths belong to.
    ///
    /// # Errors
    /// When its settings have a mistake.
    pub(crate) fn repository(&self) -> Result<Repository, Failure> {
        Ok(Repository::find(&self.paths)?)
    }

    /// Reads and compiles all but what lies in `output`, and hands what it makes to `receiver`. The baseline of the
    /// repository accepts findings as `accepts` says.
    ///
    /// # Errors
    /// When a flag is wrong. What is wrong with the policies is in the report.
    pub(crate) fn compile(
        &self,
        repository: &Repository,
        output: &Path,
        (accepts, proof): (Accepts, Proof),
        progress: &Progress,
        receiver: Receiver<'_>,
    ) -> Result<Compiled, Failure> {
        let options = Options { proof, ..self.options(repository)? };
        let input = repository.read(output);
        progress.step(format!("compiling {}", plural(input.sources.iter().count(), "file")));
        let baseline = repository.baseline()?;
        let mut compilation = Compilation::of(input, &options, receiver);
        if let Some(baseline) = &baseline {
            let stale = compilation.accept(baseline, accepts);
            // A run for less than the whole reports less, so nothing follows from what is not reported.
            if accepts == Accepts::ErrorsAndWarnings && self.is_whole() {
                let mut sink = Sink::new(options.levels.clone());
                let shown_below = repository.place().shown_below();
                baseline.report(&stale, &shown_below).into_iter().for_each(|found| sink.report(found));
                compilation.findings.diagnostics.extend(sink.into_diagnostics());
            }
        }
        if self.deny_warnings {
            compilation.deny_warnings();
        }
        let Compilation { mut findings, artifacts, policy, tracing_policies, proof } = compilation;
        findings.diagnostics.splice(..0, self.old_names(repository, &options));
        // The process ends soon. To free a million small values before that would take a twentieth of the whole run.
        std::mem::forget(policy);
        let has_baseline = baseline.is_some();
        Ok(Compiled {
            report: Report { tracing_policies, has_baseline, ..findings.into() },
            artifacts,
            proof,
        })
    }

    /// Applies the fixes of what is found in everything but `output`, and writes nothing.
    ///
    /// # Errors
    /// When a flag is wrong, or a fix does what it must not.
    pub(crate) fn repair(
        &self,
        repository: &Repository,
        output: &Path,
        progress: &Progress,
        least: Certainty,
    ) -> Result<Repair, Failure> {
        let options = self.options(repository)?;
        let input = repository.read(output);
        progress.step(format!("fixing {}", plural(input.sources.iter().count(), "file")));
        let mut repair = Repair::of(input, &options, self.deny_warnings, least)
            .map_err(|bad| Failure::new(Exit::CannotRun, &BAD_FIX, bad.to_string()).help(REPORT_IT))?;
        repair.compilation.findings.diagnostics.splice(..0, self.old_names(repository, &options));
        Ok(repair)
    }

    /// Returns the notes about old names in the settings and on the command line, at the levels of the run.
    fn old_names(&self, repository: &Repository, options: &Options) -> Vec<Diagnostic> {
        let mut sink = Sink::new(options.levels.clone());
        let flags = self.targets.iter().flat_map(Named::notes);
        repository.notes().iter().cloned().chain(flags).for_each(|note| sink.report(note));
        sink.into_sorted()
    }

    /// Returns whether the whole repository is compiled as its settings say.
    fn is_whole(&self) -> bool {
        self.paths.is_empty()
            && self.targets.is_empty()
            && self.levels.is_empty()
            && self.sensor.is_none()
            && self.group.is_none()
    }

    fn options(&self, repository: &Repository) -> Result<Options, Failure> {
        let mut options = repository.options(self.day.asked(), self.day.of_findings()?);
        for LevelOfCode { code, level } in &self.levels {
            check_level(code, *level).map_err(|problem| refused(*problem))?;
            options.levels.set(code.clone(), *level);
        }
        let mut hosts = repository.hosts().to_vec();
        if !self.targets.is_empty() {
            hosts = choose(&self.targets, &mut options)?;
        }
        if !self.btf.is_empty() {
            let kernels = self.btf.iter().map(|path| KernelBtf::read(path));
            let kernels = kernels.collect::<Result<Vec<_>, _>>().map_err(|problem| refused(*problem))?;
            check_against(&kernels, &hosts, &mut options).map_err(|problem| refused(*problem))?;
        }
        options.sensor.clone_from(&self.sensor);
        options.group.clone_from(&self.group);
        Ok(options)
    }
}

fn refused(problem: Diagnostic) -> Failure {
    Failure::because(Exit::CannotRun, Report::without_sources(vec![problem]))
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
