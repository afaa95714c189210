//! Artifacts -> an output folder that is replaced as a whole.
//!
//! The new folder is built next to the old one while the artifacts are produced, and the two are exchanged with one
//! system call (`renameat2` with `RENAME_EXCHANGE`, Linux 3.15). If the run stops before that, the old folder is
//! unchanged.

mod folder;
mod interrupt;
mod previous;
mod staging;
mod successor;

pub use folder::OutputFolder;
pub use successor::Successor;

/// The previous files that were removed from the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Artifacts of the previous compile that this one no longer produces.
    pub stale: Vec<String>,
    /// Signatures that no longer match, because the signed file changed or was removed.
    pub signatures: Vec<String>,
}

#[cfg(test)]
mod tests;
