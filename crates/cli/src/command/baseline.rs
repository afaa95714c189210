//! The baseline of a repository -> what is in it, or a revised one.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Code;
use telovix_workspace::baseline::Origin;
use telovix_workspace::{BASELINE, Baseline, Repository, replace_file, shown};

use super::Run;
use crate::command::accepted::{Revised, owner, revise};
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Streams};

/// List or revise the findings that a repository accepts until they are corrected.
///
/// `telovix-baseline.yaml` at the root of the repository lists them by code and place, each with a date, an owner and a
/// reason. `lint` and `check` count them and fail on others only. `compile` accepts warnings by it, never errors.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix baseline                                   # how many findings of each code
  telovix baseline --prune                           # remove what was corrected
  telovix baseline --update --reason 'new rules'     # accept what is found today")]
pub(crate) struct Arguments {
    /// Remove the findings that are not reported any more.
    #[arg(long)]
    prune: bool,
    /// Remove those too, and accept the errors and warnings that are reported today.
    #[arg(long, requires = "reason", conflicts_with = "prune")]
    update: bool,
    /// Why the new findings are accepted.
    #[arg(long, value_name = "TEXT", requires = "update")]
    reason: Option<String>,
    /// Who will correct the new findings. Default: `user.email` of git.
    #[arg(long, value_name = "NAME", requires = "update")]
    owner: Option<String>,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    format: FormatArgument,
}

/// What a baseline contains, and how it changed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The file.
    path: String,
    /// The number of findings that were removed.
    removed: usize,
    /// The number of findings that were added.
    added: usize,
    /// The number of findings in the file, by code.
    findings: BTreeMap<String, usize>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&[])?;
        let path = repository.baseline_path();
        let day = self.day.of_findings()?;
        let origin = self.reason.as_ref().map(|reason| Origin {
            date: day,
            owner: owner(self.owner.as_ref(), repository.root()),
            reason: reason.clone(),
        });
        if !repository.place().is_configured() {
            let message =
                format!("`{}` is no policy repository, so it has no baseline", shown(repository.root()));
            let failure = Failure::new(Exit::CannotRun, &NO_BASELINE, message);
            return Err(failure.help("`telovix adopt` makes one of a folder with policies"));
        }
        let mut baseline = match (repository.baseline()?, &origin) {
            (Some(baseline), _) => baseline,
            (None, Some(origin)) => Baseline::new(origin.clone()),
            (None, None) => {
                let message = format!("`{}` does not exist", shown(&path));
                let failure = Failure::new(Exit::CannotRun, &NO_BASELINE, message);
                return Err(failure.help("`telovix baseline --update --reason TEXT` writes it"));
            }
        };
        let mut revised = Revised { removed: 0, added: 0 };
        if self.prune || self.update {
            let options = repository.options(self.day.asked(), day);
            let input = repository.read(&repository.output());
            revised = revise(input, &options, &mut baseline, origin.as_ref());
            replace_file(&path, baseline.text().as_bytes()).map_err(|error| {
                let message = format!("cannot write `{}`: {error}", shown(&path));
                Failure::new(Exit::CannotRun, &BASELINE_NOT_WRITTEN, message)
            })?;
        }
        let findings = baseline.by_code();
        let told = Document {
            version: VERSION,
            path: shown(&path),
            removed: revised.removed,
            added: revised.added,
            findings,
        };
        match self.format.chosen {
            Format::Text => told.write(self.prune || self.update, streams)?,
            Format::Json => json::print(&told, &mut streams.data)?,
        }
        Ok(Exit::Clean)
    }
}

impl Document {
    fn write(&self, is_revised: bool, streams: &mut Streams) -> std::io::Result<()> {
        for (code, count) in &self.findings {
            writeln!(streams.data, "{count:>6}  {code}")?;
        }
        let all = plural(self.findings.values().sum(), "finding");
        if is_revised {
            let Self { removed, added, .. } = self;
            return writeln!(streams.talk, "{all} in `{BASELINE}`: {removed} removed, {added} added");
        }
        writeln!(streams.talk, "{all} in `{BASELINE}`")
    }
}

/// The codes of this verb.
pub(crate) const CODES: &[&Code] = &[&NO_BASELINE, &BASELINE_NOT_WRITTEN];

/// There is no baseline, or no repository that could have one.
static NO_BASELINE: Code = Code::page(include_str!("baseline/no-baseline.md"));

/// The file cannot be written.
static BASELINE_NOT_WRITTEN: Code = Code::page(include_str!("baseline/baseline-not-written.md"));
