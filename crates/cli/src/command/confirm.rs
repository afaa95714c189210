//! A pending generation -> a confirmed one: its deadline is cancelled.

use clap::Args;
use telovix_host::Host;

use super::Run;
use crate::enforcement::TurnArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

/// Keep the policy that was applied with `--confirm-within`.
///
/// Log in to the host again as usual and run this command there: that proves the policy did not lock you out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix apply compiled-policies --confirm-within 60s
  telovix confirm")]
pub(crate) struct Arguments {
    #[command(flatten)]
    turn: TurnArguments,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.turn.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let say = |generation| format!("generation {generation} is confirmed");
        self.turn.turn(Host::confirm, say, streams)
    }
}
