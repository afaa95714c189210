//! Confinements -> one image for the kernel, and back.
//!
//! ```text
//! plan       confinements  -> domains: which process is confined by which confinements
//! overlay    path sets     -> one map from byte prefixes to the confinements that name a path
//! automaton  path maps     -> nodes and edges that domains share
//! endpoint   endpoint sets -> address and port boundaries
//! syscall    syscall sets  -> cells by number
//! pack       all of them   -> the sections of an image
//! read       image         -> the events of each confinement, for `inspect` and for the check of every compile
//! round_trip image         -> an error if a confinement was lost or changed, checked after every pack
//! recover    image         -> equivalent confinements
//! subject    image         -> the executables of each domain
//! decide     image, event  -> verdict, by the same steps as the programs in the kernel
//! ```
//!
//! The kernel side of this contract is described in `telovix_bpf_programs::layout`.

#![forbid(unsafe_code)]

mod automaton;
mod class;
mod code;
mod decide;
mod domain;
mod endpoint;
mod event;
mod kernel;
mod listing;
mod overlay;
mod pack;
mod partial;
mod plan;
mod read;
mod recover;
mod round_trip;
mod set_table;
mod subject;
mod syscall;

pub use code::{PATH_TOO_DEEP, UNPACKABLE};
pub use decide::{Action, Entry, Interpreter, Outcome, Task};
pub use pack::pack;
pub use partial::{ImageJudge, ImageVerdict};
pub use read::{Reader, Reading, Unreadable};
pub use recover::recover;
pub use round_trip::check;
pub use subject::{Executables, patterns};
use telovix_diagnostic::Code;

/// The codes this backend reports.
pub const CODES: &[&Code] = &[&PATH_TOO_DEEP, &UNPACKABLE];

#[cfg(test)]
mod tests;
