//! Reports about policies for people outside of the team.

pub(crate) mod compliance;

use clap::{Args, Subcommand};

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

pub(crate) use compliance::CODES;

/// Write reports for auditors.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  telovix report compliance policies/ > evidence.md
  telovix report compliance --run runs.jsonl --output evidence
  telovix sign evidence && telovix verify evidence"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    report: Report,
}

/// The reports.
#[derive(Debug, Subcommand)]
enum Report {
    Compliance(compliance::Arguments),
}

impl Run for Arguments {
    fn format(&self) -> Format {
        match &self.report {
            Report::Compliance(arguments) => arguments.format(),
        }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        match &self.report {
            Report::Compliance(arguments) => arguments.run(streams),
        }
    }
}
