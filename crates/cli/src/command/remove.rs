//! The active policy -> none: all programs and maps are removed from the kernel.

use std::io::Write as _;

use clap::Args;
use serde::Serialize;
use telovix_host::Host;

use super::Run;
use crate::enforcement::TurnArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};

/// Stop enforcement and remove all programs and maps from the kernel.
///
/// The policy is first deactivated with a single write, so that it is never enforced in part. The command returns when
/// the kernel has released the programs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix remove
  telovix remove --format json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    turn: TurnArguments,
}

/// What the kernel enforces after the command.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The number of removed programs.
    programs: usize,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.turn.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let programs = self.turn.carry_out(Host::remove, streams)?;
        match self.turn.format {
            Format::Json => json::print(&Document { version: VERSION, programs }, &mut streams.data)?,
            Format::Text => {
                writeln!(streams.data, "{} removed, nothing is enforced", plural(programs, "program"))?;
            }
        }
        Ok(Exit::Clean)
    }
}
