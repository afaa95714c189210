//! The previous generation -> the active one, with a single write.

use clap::Args;
use telovix_host::Host;

use super::Run;
use crate::enforcement::TurnArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

/// Activate the previous policy again.
///
/// Both policies stay loaded, so a second rollback returns to the newer one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix rollback
  telovix rollback --format json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    turn: TurnArguments,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.turn.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let say = |generation| match generation {
            0 => "nothing is enforced".to_owned(),
            generation => format!("generation {generation} is active"),
        };
        self.turn.turn(Host::roll_back, say, streams)
    }
}
