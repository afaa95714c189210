//! The contract with the kernel: what the BPF maps hold, and the file that carries it there.
//!
//! - [`layout`] defines every record of every map once, byte for byte. The compiler packs these records, the
//!   runtime puts them into maps, the C programs read them through `bpf/layout.h`, the twin of this module.
//! - [`image`] is the container: one ELF file with a section per map, a note with the layout version and the
//!   digests, and a reader that believes nothing it has not checked.
//!
//! - [`object`] is the compiled programs, [`state`] what they remember and tell.
//!
//! Nothing in here knows YAML, profiles or templates. The words are: a *domain* is what a task is in, a
//! *decision* is a set of confinements that apply together, a *class* is a domain's own number for a decision
//! (so that domains with the same shape share their tables).

#![forbid(unsafe_code)]

pub mod image;
pub mod layout;
pub mod object;
pub mod state;
