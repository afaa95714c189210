//! What the verbs about the running kernel share: the image of a verified bundle, who this host is, how a refusal of
//! the runtime is told.

pub(crate) mod code;
mod delivery;
mod provenance;
mod turn;

use clap::Args;
use telovix_bpf_runtime::apply::{Applied, Options};
use telovix_bpf_runtime::{Places, RuntimeError};

pub(crate) use delivery::{Delivered, DeliveryArguments};
pub(crate) use provenance::{Provenance, Verification};
#[cfg(test)]
pub(crate) use turn::Turn;
pub(crate) use turn::TurnArguments;

use crate::exit::Exit;
use crate::failure::Failure;

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
}

/// Refuses everybody but root, before anything is written down as done by them.
///
/// # Errors
/// When the user is not root.
pub(crate) fn require_root() -> Result<(), Failure> {
    if rustix::process::geteuid().is_root() { Ok(()) } else { Err(refused(&RuntimeError::NotRoot)) }
}

/// Makes an image the active generation, remembering on the way whether its bundle was verified.
///
/// # Errors
/// Any reason of the runtime to refuse; what was active stays active.
pub(crate) fn apply(places: &Places, delivered: &Delivered, options: &Options) -> Result<Applied, Failure> {
    let (image, policy) = (&delivered.image, delivered.policy());
    Provenance::begin(places, &policy, delivered.verification()).map_err(|error| {
        let message =
            format!("cannot remember in `{}` how the policy was verified: {error}", places.state.display());
        Failure::new(Exit::CannotRun, &code::RUNTIME_FILE, message)
    })?;
    let applied = telovix_bpf_runtime::apply::apply(places, image, options);
    let generation = applied.as_ref().ok().map(|applied| applied.generation);
    // Without its number the delivery is still found by the policy's digest.
    let _numbered = Provenance::settle(places, &policy, generation);
    applied.map_err(|error| refused(&error))
}

/// Tells why the runtime refused.
pub(crate) fn refused(error: &RuntimeError) -> Failure {
    let exit = if error.is_refusal() { Exit::KernelRefused } else { Exit::CannotRun };
    Failure::new(exit, code::of(error), error.to_string()).help(error.help())
}
