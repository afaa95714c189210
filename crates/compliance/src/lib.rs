//! Controls of standards, and what policies are evidence for them.
//!
//! ```text
//! vocabulary   data files -> which control a tag names, or the nearest one
//! run          a file of a recorded scenario -> a run, checked
//! evidence     policies, exceptions, denials, signatures and runs -> one record for each control
//! oscal        records -> OSCAL assessment results
//! ```
//!
//! Nothing is invented: a record lists what was given, and what has no evidence says so. Nothing here decides that a
//! control is met, except that a recorded run passed or failed.

#![forbid(unsafe_code)]

pub mod evidence;
pub mod oscal;
pub mod run;
pub mod vocabulary;
