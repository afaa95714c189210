//! Policies of other programs -> documents, with a list of what differs.
//!
//! ```text
//! change     what a conversion changed: line, what, why, and what it does to enforcement
//! product    exports of the Console and files of the runtime guard -> documents
//! systemd    service units -> profiles
//! ```
//!
//! A conversion of a policy of the product never makes it weaker: what could only become weaker is kept as it was written,
//! so that `lint` and `compile` refuse it. A service unit goes on enforcing what its profile does not have; both lists say
//! what differs, and tests judge events by both sides.

#![forbid(unsafe_code)]

mod change;
pub mod product;
pub mod systemd;

pub use change::{Change, Effect};
