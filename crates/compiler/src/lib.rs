//! Turns policy documents into artifacts a kernel enforces, and proves on the way that nothing
//! came out weaker than it was written.
//!
//! The folders are the data flow, in order:
//!
//! ```text
//! source/         text, spans, line index                        Source
//! syntax/         YAML -> nodes that keep their spans            Node
//! document/       nodes -> typed documents, one file a kind      Document
//! confine/        the IR and its set algebra                     Confinement
//! lower/          documents -> confinements, one file a kind
//! template/       the built-in enforcement templates, one file each
//! check/          lints, one file each
//! target/         what each kernel and engine can do; weakening
//! emit/           confinements -> TracingPolicy, image, manifest
//! tracing_policy/ the engine's own document: model and validator
//! judge/          one event against confinements -> verdict, with its reason
//! format/         text -> the same documents in one form
//! compare/        two sets of confinements -> difference, with witnesses
//! ```
//!
//! This crate is pure: no I/O, clock, environment, network, and it never panics on input.

#![forbid(unsafe_code)]

pub mod check;
pub mod compare;
mod compile;
pub mod confine;
pub mod diagnostic;
pub mod document;
pub mod emit;
pub mod format;
pub mod judge;
pub mod lower;
pub mod source;
pub mod syntax;
pub mod target;
pub mod template;
pub mod tracing_policy;

pub use compile::{Analysis, Options, Outcome, analyse, compile, compile_to};
