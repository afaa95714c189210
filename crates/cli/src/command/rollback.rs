//! The policy before -> the active one, with one write.

use clap::Args;
use telovix_host::Host;

use super::Run;
use crate::enforcement::TurnArguments;
use crate::exit::Exit;
use crate::failure::Failure;
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
