//! What the verbs about the running kernel share: the image of a verified bundle, who this host is, how a refusal of
//! the runtime is told.

mod code;
mod delivery;

use clap::Args;
use telovix_bpf_runtime::{Places, RuntimeError};

pub(crate) use code::CODES;
pub(crate) use delivery::DeliveryArguments;

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

/// Tells why the runtime refused.
pub(crate) fn refused(error: &RuntimeError) -> Failure {
    let exit = if error.is_refusal() { Exit::KernelRefused } else { Exit::CannotRun };
    Failure::new(exit, code::of(error), error.to_string()).help(error.help())
}
