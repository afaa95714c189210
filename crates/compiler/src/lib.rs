//! Policy documents -> the artifacts that Tetragon and the native runtime enforce. What a target cannot enforce as
//! written is an error.
//!
//! This crate connects the crates of the data flow:
//!
//! ```text
//! telovix-document    text -> documents -> confinements
//! telovix-compare     confinements and invariants -> violations
//! telovix-lint        documents -> findings
//! telovix-assessment  confinements and targets -> weaknesses, bypasses, budgets
//! emit/               confinements -> TracingPolicy, image, manifest
//! read_back           artifacts -> read again, and compared with the policy by telovix-proof
//! verdict             findings about a TracingPolicy -> whether Tetragon accepts it
//! compile             the whole data flow in one call
//! repair              sources -> the same with the fixes of their findings
//! catalogue           every code that a compile can report
//! ```
//!
//! This crate is pure: no I/O, clock, environment, network, and it never panics on input.

#![forbid(unsafe_code)]

pub mod catalogue;
mod compile;
pub mod emit;
mod read_back;
pub mod repair;
mod suppression;
pub mod verdict;

pub use telovix_assessment as assessment;

pub use read_back::{Proof, ReadBack};
pub use telovix_proof as proof;

pub use compile::{Analysis, Options, Outcome, analyse, compile, compile_to};
