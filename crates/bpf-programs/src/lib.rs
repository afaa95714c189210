//! The contract with the kernel: the contents of the BPF maps, and the image file they are loaded from.
//!
//! - [`layout`] defines every record of every map once, byte for byte. The compiler packs these records, the
//!   runtime puts them into maps, the C programs read them through `bpf/layout.h`, the C counterpart of this module.
//! - [`image`] is the container: one ELF file with a section per map, a note with the layout version and the
//!   digests, and a reader that verifies everything.
//!
//! - [`object`] has the compiled programs, [`state`] their state and events.
//!
//! This crate does not know YAML, profiles or templates. Terms: every task is in a *domain*; a *decision* is a set of
//! confinements that apply together; a *class* is a domain's number for a decision (so that domains with the same
//! structure share their tables).

#![forbid(unsafe_code)]

pub mod image;
pub mod layout;
pub mod object;
pub mod state;
