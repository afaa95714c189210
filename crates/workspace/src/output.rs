//! Artifacts -> an output folder that shows all of them or none.
//!
//! The new folder is built beside the old one while the artifacts are made, and the two change places in one step
//! of the kernel (`renameat2` with `RENAME_EXCHANGE`, Linux 3.15). Whatever stops the run before that step leaves
//! the old folder unchanged.

mod folder;
mod interrupt;
mod previous;
mod staging;
mod successor;

pub use folder::OutputFolder;
pub use successor::Successor;

/// What became of the files that were in the folder before.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Artifacts of the compile before that this one does not have.
    pub stale: Vec<String>,
    /// Signatures that no longer fit, because what they sign changed or went.
    pub signatures: Vec<String>,
}

#[cfg(test)]
mod tests;
