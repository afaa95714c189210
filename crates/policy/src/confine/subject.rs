//! Whom a confinement speaks of.

use crate::value::AbsolutePath;

/// Whom a confinement speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Every process.
    Everyone,
    /// Processes whose executable is this file.
    Binary(AbsolutePath),
    /// Processes whose executable has this base name, wherever it lies.
    BaseName(String),
}

impl Subject {
    /// Tells whether an executable is meant.
    #[must_use]
    pub fn matches(&self, binary: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Binary(path) => path.as_str() == binary,
            Self::BaseName(name) => binary.rsplit('/').next() == Some(name),
        }
    }
}
