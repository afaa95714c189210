//! An epoch -> a host that accepts bundles from this epoch on again, with an entry in its audit log.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_trust::audit::Action;
use telovix_trust::{HostState, ResetError};

use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{
    AuditArguments, EPOCH_NOT_RESET, HOST_STATE, HOST_STATE_NOT_USABLE, LoggedAction, cannot,
};
use telovix_workspace::shown;

/// Make this host accept lower epochs again, starting with the given one.
///
/// For a host whose accepted epoch was raised by mistake. An epoch that was raised with a stolen key is reset
/// automatically when the trust root revokes the key. The pinned trust root is unchanged. The reason is written to the
/// audit log of the host first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust reset-epoch --to 1795255200 --reason 'signed on a machine whose clock was wrong'")]
pub(crate) struct Arguments {
    /// The lowest epoch to accept; bundles with a lower one stay refused.
    #[arg(long, value_name = "EPOCH")]
    to: u64,
    /// The reason, for the audit log.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// The file in which the host stores the accepted epochs.
    #[arg(long, value_name = "FILE", default_value = HOST_STATE)]
    state: PathBuf,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// What a host accepts after a reset.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The file in which the host stores them.
    state: String,
    /// The highest epoch that was accepted before.
    highest_epoch: u64,
    /// The lowest epoch that is accepted from now on.
    lowest_acceptable_epoch: u64,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let subject = format!("{} reset to epoch {}: {}", self.state.display(), self.to, self.reason);
        let action = LoggedAction::new(self.audit.next_to(&self.state), Action::TrustChanged, subject);
        let action = action.begin(streams)?;
        let highest_epoch = match reset(&self.state, self.to) {
            Ok(highest) => highest,
            Err(failure) => return Err(action.failed(failure)),
        };
        action.done()?;
        let document = Document {
            version: VERSION,
            state: self.state.display().to_string(),
            highest_epoch,
            lowest_acceptable_epoch: self.to,
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                let to = self.to;
                writeln!(
                    streams.data,
                    "epochs from {to} on are accepted again; the highest accepted one was {highest_epoch}"
                )?;
            }
        }
        Ok(Exit::Clean)
    }
}

fn reset(state: &Path, epoch: u64) -> Result<u64, Failure> {
    HostState::reset_epoch(state, epoch).map_err(|error| match error {
        ResetError::State(error) => cannot(&HOST_STATE_NOT_USABLE, &error),
        error @ ResetError::NothingAbove { .. } => {
            let message = format!("`{}`: {error}", shown(state));
            Failure::new(Exit::CannotRun, &EPOCH_NOT_RESET, message)
                .help("a reset can only lower the accepted epoch; a new bundle raises it")
        }
    })
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("expected a reason of one line".to_owned());
    }
    Ok(text.to_owned())
}
