//! What artifacts run on: kernels, backends and targets, and which bypasses they cover.

#![forbid(unsafe_code)]

mod kernel;
mod table;
mod way;

pub use kernel::Kernel;
pub use table::{Backend, ENGINE_VERSION, Target};
pub use way::{Coverage, Evidence, Status, Way};
