//! What is enforced -> nothing, once no program of ours is left in the kernel.

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

/// End enforcement and take every program and map out of the kernel.
///
/// First the policy is emptied with one write, so that no moment enforces a part of it; the command returns when the
/// kernel has really let the programs go.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix remove
  telovix remove --format json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    turn: TurnArguments,
}

/// What is enforced now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// How many programs were removed.
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
            Format::Text => writeln!(streams.data, "{} removed, nothing is enforced", plural(programs, "program"))?,
        }
        Ok(Exit::Clean)
    }
}
