//! The `telovix` binary: parses the arguments, runs one command, and exits with a code from [`exit`].

mod command;
mod compilation;
mod day;
mod enforcement;
mod exit;
mod failure;
mod output;
mod progress;
#[cfg(test)]
mod reference;
mod signing;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

/// Compile security policies for eBPF runtime enforcement with Tetragon or BPF LSM.
///
/// What a target cannot enforce as written is an error with the source line, never silently weakened.
#[derive(Debug, Parser)]
#[command(name = "telovix", version, max_term_width = 100, after_help = exit::HELP)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
struct Telovix {
    #[command(subcommand)]
    verb: Verb,
}

fn main() -> ExitCode {
    let verb = match Telovix::try_parse() {
        Ok(telovix) => telovix.verb,
        Err(error) => return usage(&error),
    };
    let mut streams = Streams::open();
    let exit = match verb.run(&mut streams) {
        Ok(exit) => exit,
        Err(failure) => failure.tell(&mut streams, verb.format()),
    };
    match streams.close() {
        Ok(()) => exit.into(),
        Err(error) => Failure::from(error).tell(&mut Streams::open(), Format::Text).into(),
    }
}

/// Prints help, the version, or the error in the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    let told = error.print();
    let asked = !error.use_stderr();
    if asked && told.is_ok() { Exit::Clean.into() } else { Exit::CannotRun.into() }
}
