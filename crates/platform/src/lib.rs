//! What artifacts run on: kernels, backends and targets, releases of Tetragon, and which bypasses they cover.

#![forbid(unsafe_code)]

mod bypass;
mod host;
mod kernel;
mod machine;
mod release;
mod table;

pub use bypass::{Bypass, Coverage, Evidence, Status};
pub use host::{Difference, Host, Tetragon, Unsupported};
pub use kernel::Kernel;
pub use machine::Machine;
pub use release::Release;
pub use table::{Backend, ENGINE_VERSION, Target};
