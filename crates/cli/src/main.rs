//! The `telovix` binary: parses the arguments, runs one command, and exits with a code from [`exit`].

mod command;
mod compilation;
mod day;
mod enforcement;
mod events_table;
mod exit;
mod failure;
mod named_target;
mod output;
mod progress;
#[cfg(test)]
mod reference;
mod signing;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

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
    let verb = match Telovix::try_parse_from(arguments()) {
        Ok(telovix) => telovix.verb,
        Err(error) => return usage(error),
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

/// Returns the arguments; `telovix help VERB` is `telovix VERB --help`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|verb| verb == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    arguments
}

/// Verbs that change what a host enforces or trusts: never the answer to a typing error.
const NEVER_SUGGESTED: [&str; 7] = ["apply", "confirm", "remove", "rollback", "sign", "trust", "keygen"];

/// Prints help, the version, or the error in the arguments.
fn usage(mut error: clap::Error) -> ExitCode {
    let is_harmful = |verb: &String| NEVER_SUGGESTED.contains(&verb.as_str());
    let is_harmful = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::String(verb)) => is_harmful(verb),
        Some(ContextValue::Strings(verbs)) => verbs.iter().any(is_harmful),
        _ => false,
    };
    if is_harmful {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    let told = error.print();
    let asked = !error.use_stderr();
    if asked && told.is_ok() { Exit::Clean.into() } else { Exit::CannotRun.into() }
}
