//! Turns policy documents into artifacts a kernel enforces, and proves on the way that nothing came out weaker than
//! it was written.
//!
//! The crates below this one are the data flow; here it is put together:
//!
//! ```text
//! telovix-document    text -> documents -> confinements
//! telovix-compare     confinements and invariants -> what is broken
//! telovix-lint        documents -> findings
//! assessment/         confinements and targets -> weaknesses, bypasses, budgets
//! emit/               confinements -> TracingPolicy, image, manifest
//! compile             the whole of it in one call
//! catalogue           every code that a compile can report
//! ```
//!
//! This crate is pure: no I/O, clock, environment, network, and it never panics on input.

#![forbid(unsafe_code)]

pub mod assessment;
pub mod catalogue;
mod compile;
pub mod emit;

pub use compile::{Analysis, Options, Outcome, analyse, compile, compile_to};
