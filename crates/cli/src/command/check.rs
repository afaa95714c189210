//! Policies -> findings about the set: violated invariants, redundant entries, and rollout steps that are too large.

use std::path::PathBuf;

use clap::Args;
use telovix_compare::{self, Side, compare};
use telovix_compiler::analyse;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Severity, Sink};
use telovix_document::lower::Policy;
use telovix_workspace::Repository;
use telovix_workspace::baseline::{Accepts, Verb};

use super::Run;
use super::diff::Loaded;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, FormatArgument, Report, Streams, json, text};

/// Check a set of policies for conflicts and violated invariants.
///
/// Checks the invariants of the repository, and reports entries and exceptions that override others, documents that
/// disagree on an event, and permissions that a process gains through the programs it may start. With `--base`, also
/// checks the rollout since then: a mode may rise by one step only, and a new match may not be added together with a
/// mode that acts on it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix check                    # the repository around the current folder
  telovix check --base main        # a pull request, compared with its base branch")]
pub(crate) struct Arguments {
    /// Files and folders to read. Default: the current repository.
    paths: Vec<PathBuf>,
    /// The policies that are rolled out now: a path, REV or REV:PATH.
    #[arg(long, value_name = "SIDE")]
    base: Option<String>,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    format: FormatArgument,
}

/// Reports what is wrong with a set of policies.
pub(crate) fn check_set(policy: &Policy, sources: &SourceSet, sink: &mut Sink) {
    telovix_compare::check_invariants(policy, sources, sink);
    telovix_lint::overlaps(policy, sink);
    telovix_compare::analyse(policy, sink);
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let base = self.base.as_ref().map(|base| Loaded::named(base, self.day.as_of())).transpose()?;
        let repository = Repository::find(&self.paths)?;
        let input = repository.read(&repository.output());
        let options = repository.options(self.day.asked(), self.day.of_findings()?);
        let analysis = analyse(&input.sources, &options);
        let mut sink = Sink::new(options.levels);
        check_set(&analysis.policy, &input.sources, &mut sink);
        if let Some(base) = &base {
            let (old, new) = (base.side(), Side::of_policy(&analysis.policy, &input.sources));
            telovix_compare::guard(&compare(&old, &new), &mut sink);
        }
        // Warnings and notes of `lint` are not repeated here.
        let errors = analysis.diagnostics.into_iter().filter(|found| found.severity == Severity::Error);
        let found = errors.chain(sink.into_sorted()).collect();
        let mut findings = input.into_findings(found);
        let baseline = repository.baseline()?;
        if let Some(baseline) = &baseline {
            baseline.judge(&mut findings, Verb::Lint, Accepts::ErrorsAndWarnings);
            baseline.judge(&mut findings, Verb::Check, Accepts::ErrorsAndWarnings);
        }
        let report = Report { has_baseline: baseline.is_some(), ..findings.into() };
        match self.format.chosen {
            Format::Text => text::write(&report, Amount::ALL, &mut streams.data)?,
            Format::Json => json::write(&report, &mut streams.data)?,
        }
        Ok(report.exit_of_findings())
    }
}
