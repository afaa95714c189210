//! A policy and the places it has to run on -> the effect each confinement has there, and what stays open.

mod kernel;
mod table;
mod weakening;

pub use kernel::Kernel;
pub use table::{Backend, ENGINE_VERSION, Target};
pub use weakening::OPEN_NAME_SPACE;

use crate::diagnostic::Code;

/// The codes this room reports.
pub const CODES: &[&Code] = &[&weakening::OPEN_NAME_SPACE];
