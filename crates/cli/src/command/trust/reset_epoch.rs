//! An epoch that an operator names -> a host that accepts bundles from it on again, with a line in its audit log.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_trust::audit::Action;
use telovix_trust::{HostState, ResetError};

use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use telovix_workspace::shown;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, Deed, EPOCH_NOT_RESET, HOST_STATE, HOST_STATE_NOT_USABLE, cannot};

/// Make this host accept lower epochs again, from the one that is named on.
///
/// For a host whose accepted epoch was raised by a mistake. What a stolen key raised falls by itself once the trust root
/// revokes the key. The pinned trust root stays; the reason is written to the host's audit log first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust reset-epoch --to 1795255200 --reason 'signed on a machine whose clock was wrong'")]
pub(crate) struct Arguments {
    /// The lowest epoch that is accepted from now on; older bundles stay refused.
    #[arg(long, value_name = "EPOCH")]
    to: u64,
    /// Why, for the audit log.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Where the host remembers the epochs it accepted.
    #[arg(long, value_name = "FILE", default_value = HOST_STATE)]
    state: PathBuf,
    #[command(flatten)]
    audit: AuditArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a host accepts after a reset.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The file in which the host remembers.
    state: String,
    /// The highest epoch that was accepted before.
    highest_epoch: u64,
    /// The lowest epoch that is accepted from now on.
    lowest_acceptable_epoch: u64,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let subject = format!("{} reset to epoch {}: {}", self.state.display(), self.to, self.reason);
        let deed = Deed::new(self.audit.beside(&self.state), Action::TrustChanged, subject);
        let deed = deed.begin(streams)?;
        let highest_epoch = match reset(&self.state, self.to) {
            Ok(highest) => highest,
            Err(failure) => return Err(deed.failed(failure)),
        };
        deed.done()?;
        let document = Document {
            version: VERSION,
            state: self.state.display().to_string(),
            highest_epoch,
            lowest_acceptable_epoch: self.to,
        };
        match self.format {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                let to = self.to;
                writeln!(streams.data, "epochs from {to} on are accepted again; the highest so far was {highest_epoch}")?;
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
                .help("a reset only lowers what is accepted; a new bundle raises it")
        }
    })
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("expected one line that says why".to_owned());
    }
    Ok(text.to_owned())
}
