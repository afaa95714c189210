//! The trust root and the audit log: which keys are trusted, changes to them, and the record of actions.

pub(crate) mod change;
pub(crate) mod init;
pub(crate) mod log;
mod named_key;
pub(crate) mod newest;
pub(crate) mod reset_epoch;
pub(crate) mod show;

use clap::{Args, Subcommand};

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

/// Manage the trusted keys, and read the audit log.
///
/// The trust root is one file, `trust-root.json`: keys with roles, signature thresholds, and revocations. Each change
/// appends a version that is signed by root keys of the previous version. Hosts follow the versions from the one they
/// know to the newest, and never go back.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  telovix trust init --key root.ed25519 --signing-key release=release.pub
  telovix trust rotate release release-2027.pub --overlap-days 7 --key root.ed25519
  telovix trust revoke release --reason 'laptop stolen' --key root.ed25519
  telovix trust show
  telovix trust log --verify"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
enum Action {
    Init(init::Arguments),
    Show(show::Arguments),
    Add(change::Add),
    Rotate(change::Rotate),
    Revoke(change::Revoke),
    Set(change::Set),
    Sign(change::Sign),
    Log(log::Arguments),
    ResetEpoch(reset_epoch::Arguments),
}

impl Run for Arguments {
    fn format(&self) -> Format {
        match &self.action {
            Action::Init(arguments) => arguments.format(),
            Action::Show(arguments) => arguments.format(),
            Action::Add(arguments) => arguments.format(),
            Action::Rotate(arguments) => arguments.format(),
            Action::Revoke(arguments) => arguments.format(),
            Action::Set(arguments) => arguments.format(),
            Action::Sign(arguments) => arguments.format(),
            Action::Log(arguments) => arguments.format(),
            Action::ResetEpoch(arguments) => arguments.format(),
        }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        match &self.action {
            Action::Init(arguments) => arguments.run(streams),
            Action::Show(arguments) => arguments.run(streams),
            Action::Add(arguments) => arguments.run(streams),
            Action::Rotate(arguments) => arguments.run(streams),
            Action::Revoke(arguments) => arguments.run(streams),
            Action::Set(arguments) => arguments.run(streams),
            Action::Sign(arguments) => arguments.run(streams),
            Action::Log(arguments) => arguments.run(streams),
            Action::ResetEpoch(arguments) => arguments.run(streams),
        }
    }
}
