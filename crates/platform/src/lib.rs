//! What artifacts run on: kernels, backends and targets, and how a bypass is covered there.

#![forbid(unsafe_code)]

mod kernel;
mod table;
mod way;

pub use kernel::Kernel;
pub use table::{Backend, ENGINE_VERSION, Target};
pub use way::{Coverage, Evidence, Status, Way};
