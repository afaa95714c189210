//! Policies -> all findings of a compile; with `--fix`, the same policies without those that can be fixed.

mod fixing;
mod unified;

use std::ops::ControlFlow;

use clap::{Args, ValueEnum};
use telovix_compiler::Proof;
use telovix_compiler::emit::Receiver;
use telovix_workspace::baseline::Accepts;

use fixing::Fixing;

use super::Run;
use crate::compilation::Selection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, github, json, junit, narrated, sarif, text};
use crate::progress::Progress;

/// Report all findings that `compile` would report, and fix them on request.
///
/// `--fix` writes the fixes that keep what a policy enforces, and those that are certainly meant: the file did not compile,
/// or did not do what it says. `--unsafe-fixes` adds guesses, such as the nearest known name: read `--diff` first. Fixes
/// keep comments and layout, and are applied again until none is left. A fix that keeps the meaning is checked by comparing
/// the policies before and after. Either all changed files are written or none.
///
/// Notes are counted; `--verbose` shows them. A finding is accepted at one place by `# telovix: ignore[CODE] REASON`, and
/// everywhere by `levels` in `telovix.yaml`. Findings in `telovix-baseline.yaml` are counted and fail nothing.
///
/// The exit code is 1 if there is an error or a warning that is not in the baseline, and 2 if a file cannot be read or parsed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix lint                          # the repository around the current folder
  telovix lint profiles/amf.yaml
  telovix lint --verbose                # notes too, and every finding of each code
  telovix lint --format sarif > lint.sarif
  generate | telovix lint -             # standard input
  telovix lint --level host-bits=error --target native-6.12
  telovix lint --diff                   # what `--fix` would change; 1 if there is something
  telovix lint --fix
  telovix lint --fix --unsafe-fixes profiles/amf.yaml")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: LintFormat,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    fixing: Fixing,
}

/// The output formats of `lint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum LintFormat {
    /// Text for the terminal.
    #[default]
    Text,
    /// Sentences for screen readers: no drawing characters, no colours.
    Narrated,
    /// One JSON document with a `version` and a published schema.
    Json,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// GitHub workflow commands, shown as annotations in pull requests.
    Github,
    /// JUnit XML, for the test reports of CI systems.
    Junit,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == LintFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let progress = Progress::start("reading");
        let repository = self.selection.repository()?;
        let output = repository.output();
        if let Some(least) = self.fixing.least() {
            let repair = self.selection.repair(&repository, &output, &progress, least)?;
            drop(progress);
            if self.fixing.only_shows() {
                return fixing::show(&repair, &mut streams.data);
            }
            fixing::write(&repository, &repair, streams)?;
            return self.tell(repair.compilation.into(), streams);
        }
        let discard: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
        let asked = (Accepts::ErrorsAndWarnings, Proof::Nothing);
        let compilation = self.selection.compile(&repository, &output, asked, &progress, discard)?;
        drop(progress);
        self.tell(compilation.report, streams)
    }
}

impl Arguments {
    fn tell(&self, report: Report, streams: &mut Streams) -> Result<Exit, Failure> {
        let out = &mut streams.data;
        let exit = report.exit_of_findings();
        match self.format {
            LintFormat::Text => text::write(&report, self.amount, out)?,
            LintFormat::Narrated => narrated::write(report, out)?,
            LintFormat::Json => json::write(&report, out)?,
            LintFormat::Sarif => sarif::write(&report, out)?,
            LintFormat::Github => github::write(&report, out)?,
            LintFormat::Junit => junit::write(&report, out)?,
        }
        Ok(exit)
    }
}
