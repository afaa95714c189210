//! The name of a shell -> a completion script for it.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Run;
use crate::Telovix;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix completions bash > /etc/bash_completion.d/telovix
  telovix completions zsh > \"${fpath[1]}/_telovix\"")]
pub(crate) struct Arguments {
    /// The shell to generate the script for.
    shell: Shell,
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        clap_complete::generate(self.shell, &mut Telovix::command(), "telovix", &mut streams.data);
        Ok(Exit::Clean)
    }
}
