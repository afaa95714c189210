//! The command line -> manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use telovix_diagnostic::Code;

use super::Run;
use crate::Telovix;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// Print the manual page, or write one page per command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix man | man -l -
  telovix man --output /usr/local/share/man/man1")]
pub(crate) struct Arguments {
    /// Write `telovix.1` and one page per command into this existing folder.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let Some(folder) = &self.output else {
            clap_mangen::Man::new(Telovix::command()).render(&mut streams.data)?;
            return Ok(Exit::Clean);
        };
        clap_mangen::generate_to(Telovix::command(), folder).map_err(|error| {
            let message = format!("cannot write manual pages to `{}`: {error}", folder.display());
            let help = "name an existing, writable folder";
            Failure::new(Exit::CannotRun, &MANUAL_NOT_WRITTEN, message).help(help)
        })?;
        Ok(Exit::Clean)
    }
}

/// The manual pages cannot be written.
pub(crate) static MANUAL_NOT_WRITTEN: Code = Code::page(include_str!("man.md"));
