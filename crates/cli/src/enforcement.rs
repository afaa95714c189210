//! What the verbs about the running kernel share: flags, output and failures.

mod answer;
mod delivery;
mod turn;

use clap::Args;
use telovix_diagnostic::Code;
use telovix_host::{Linux, Places};

pub(crate) use answer::{TrustRoot, Verification};
pub(crate) use delivery::DeliveryArguments;
#[cfg(test)]
pub(crate) use turn::Turn;
pub(crate) use turn::TurnArguments;

pub(crate) use crate::signing::host_failure as failed;

/// The flags with the paths of the kernel's state.
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

/// A bundle is loaded without its signature.
static VERIFICATION_SKIPPED: Code = Code::page(include_str!("enforcement/verification-skipped.md"));

/// The codes that only the verbs about the running kernel report; the others are in `telovix_bpf_runtime::code` and
/// `telovix_host::code`.
pub(crate) const CODES: &[&Code] = &[&VERIFICATION_SKIPPED];
