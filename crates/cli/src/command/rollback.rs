//! The policy before -> the active one, with one write.

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

/// Go back to the policy that was enforced before.
///
/// Both policies stay loaded, so a second rollback comes back to the newer one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix rollback
  telovix rollback --format json")]
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
    /// The number of the active generation; 0 when nothing is enforced.
    generation: u32,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let generation = switch::roll_back(&self.places.places()).map_err(|error| refused(&error))?;
        match self.format {
            Format::Json => json::print(&Document { version: VERSION, generation }, &mut streams.data)?,
            Format::Text => match generation {
                0 => writeln!(streams.data, "nothing is enforced")?,
                _ => writeln!(streams.data, "generation {generation} is active")?,
            },
        }
        Ok(Exit::Clean)
    }
}
