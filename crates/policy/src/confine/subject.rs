//! The processes that a confinement applies to.

use crate::value::AbsolutePath;

/// The processes that a confinement applies to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Every process.
    Everyone,
    /// Processes whose executable is this file.
    Binary(AbsolutePath),
    /// Processes whose executable has this base name, in any folder.
    BaseName(String),
}

impl Subject {
    /// Returns whether the subject includes an executable.
    #[must_use]
    pub fn matches(&self, binary: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Binary(path) => path.as_str() == binary,
            Self::BaseName(name) => binary.rsplit('/').next() == Some(name),
        }
    }
}
