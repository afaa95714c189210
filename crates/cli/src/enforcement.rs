//! What the verbs about the running kernel share: flags, and how answers and refusals of the host are told.

mod answer;
pub(crate) mod code;
mod delivery;
mod turn;

use clap::Args;
use telovix_host::{HostError, Linux, Places};
use telovix_trust::audit::AuditError;

pub(crate) use answer::{TrustRoot, Verification};
pub(crate) use delivery::DeliveryArguments;
#[cfg(test)]
pub(crate) use turn::Turn;
pub(crate) use turn::TurnArguments;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::signing;

/// The flags that say where the kernel's state lies.
#[derive(Debug, Args)]
pub(crate) struct PlaceArguments {
    /// Name of the folder for our maps and programs in the BPF file system.
    #[arg(long, value_name = "NAME", default_value = "telovix", hide = true)]
    name: String,
}

impl PlaceArguments {
    /// Returns the folders of this installation.
    pub(crate) fn places(&self) -> Places {
        Places { name: self.name.clone(), ..Places::default() }
    }

    /// Returns the running kernel.
    pub(crate) fn kernel(&self) -> Linux {
        Linux { places: self.places() }
    }
}

/// Tells why a host did not do what it was asked, with the exit code of the reason.
pub(crate) fn failed(error: &HostError) -> Failure {
    let exit = match error {
        HostError::Refused(refusal) => signing::exit(refusal),
        HostError::RootNotFollowed { refusal, .. } => signing::exit(refusal),
        HostError::Runtime(error) | HostError::NotTidied { source: error, .. } if error.is_refusal() => {
            Exit::KernelRefused
        }
        HostError::Log(AuditError::Broken { .. } | AuditError::Unfinished { .. })
        | HostError::DoneNotLogged(AuditError::Broken { .. } | AuditError::Unfinished { .. }) => {
            Exit::Findings
        }
        HostError::NotVerified { .. }
        | HostError::NoImage { .. }
        | HostError::ImageNotRead { .. }
        | HostError::Image { .. }
        | HostError::State(_)
        | HostError::Log(AuditError::File { .. })
        | HostError::DoneNotLogged(AuditError::File { .. })
        | HostError::Provenance { .. }
        | HostError::Runtime(_)
        | HostError::NotTidied { .. } => Exit::CannotRun,
    };
    let failure = Failure::new(exit, code::of(error), error.to_string());
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}
