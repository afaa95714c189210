//! The active policy's deadline -> gone: the policy stays.

use std::io::Write as _;

use clap::Args;
use serde::Serialize;
use telovix_bpf_runtime::switch;

use super::Run;
use crate::enforcement::{PlaceArguments, refused};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};

/// Keep the policy that was applied with `--confirm-within`.
///
/// Come back to the host the way you always do, and confirm from there: that is the proof that the policy did not lock
/// you out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix apply compiled-policies --confirm-within 60s
  telovix confirm")]
pub(crate) struct Arguments {
    #[command(flatten)]
    places: PlaceArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is enforced now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The number of the active generation.
    generation: u32,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let generation = switch::confirm(&self.places.places()).map_err(|error| refused(&error))?;
        match self.format {
            Format::Json => json::print(&Document { version: VERSION, generation }, &mut streams.data)?,
            Format::Text => writeln!(streams.data, "generation {generation} stays")?,
        }
        Ok(Exit::Clean)
    }
}
