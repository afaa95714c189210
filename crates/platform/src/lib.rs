//! What artifacts run on: kernels, backends and targets, releases of Tetragon, and which bypasses they cover.

#![forbid(unsafe_code)]

mod host;
mod kernel;
mod release;
mod table;
mod way;

pub use host::{Difference, Host, Tetragon, Unsupported};
pub use kernel::Kernel;
pub use release::Release;
pub use table::{Backend, ENGINE_VERSION, Target};
pub use way::{Coverage, Evidence, Status, Way};
