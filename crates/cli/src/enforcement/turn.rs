//! The flags and the output of the verbs that switch between loaded generations.

use std::io::Write as _;

use clap::Args;
use serde::Serialize;
use telovix_host::{HOST_STATE, Host, HostError, Linux};
use telovix_trust::Host as Identity;

use super::{PlaceArguments, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, journal, tell_notices};

/// The flags of the verbs that load nothing.
#[derive(Debug, Args)]
pub(crate) struct TurnArguments {
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    audit: AuditArguments,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What is enforced now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Turn {
    /// The version of this shape.
    version: u32,
    /// The number of the active generation; 0 when nothing is enforced.
    generation: u32,
}

impl TurnArguments {
    /// Confirms or restores a generation, and prints its number.
    ///
    /// # Errors
    /// When the user is not root, the log cannot be written, or the runtime refuses.
    pub(crate) fn turn(
        &self,
        switch: impl FnOnce(&mut Host<Linux>) -> Result<u32, HostError>,
        say: impl FnOnce(u32) -> String,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let generation = self.carry_out(switch, streams)?;
        match self.format {
            Format::Json => json::print(&Turn { version: VERSION, generation }, &mut streams.data)?,
            Format::Text => writeln!(streams.data, "{}", say(generation))?,
        }
        Ok(Exit::Clean)
    }

    /// Changes what is loaded, and logs it.
    ///
    /// # Errors
    /// As [`TurnArguments::turn`].
    pub(crate) fn carry_out<T>(
        &self,
        change: impl FnOnce(&mut Host<Linux>) -> Result<T, HostError>,
        streams: &mut Streams,
    ) -> Result<T, Failure> {
        let (kernel, journal) = (self.places.kernel(), journal(self.audit.of_host()));
        let state = kernel.places.state.clone();
        let mut host = Host::new(Identity::default(), HOST_STATE.into(), journal, state, kernel);
        let answer = change(&mut host);
        tell_notices(host.take_notices(), streams)?;
        answer.map_err(|error| failed(&error))
    }
}
