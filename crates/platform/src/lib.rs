//! What artifacts run on: kernels, backends and targets, and which bypasses they cover.

#![forbid(unsafe_code)]

mod bypass;
mod kernel;
mod table;

pub use bypass::{Bypass, Coverage, Evidence, Status};
pub use kernel::Kernel;
pub use table::{Backend, ENGINE_VERSION, Target};
