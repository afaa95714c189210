//! Policies of other programs -> documents, with a list of what differs.
//!
//! ```text
//! change     what a conversion changed: line, what, why, and what it does to enforcement
//! product    exports of the Console and files of the runtime guard -> documents
//! ```
//!
//! A conversion never makes a policy weaker: what could only be converted to something weaker is kept as it was written, so
//! that `lint` and `compile` refuse it, and is in the list.

#![forbid(unsafe_code)]

mod change;
pub mod product;

pub use change::{Change, Effect};
