//! The events of one operation that a confinement names, as a set of the closed family.

use super::{AccessSet, CapabilitySet, EndpointSet, Operation, PathSet, Region, SocketSet, SyscallSet};

/// A set of events of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Every event of the operation.
    Always,
    /// Executions of these files, and of anonymous memory or deleted files when `anonymous` is set.
    Exec {
        /// The files.
        paths: PathSet,
        /// Whether what has no path is inside.
        anonymous: bool,
    },
    /// These uses of these files.
    Open {
        /// The files.
        paths: PathSet,
        /// The uses.
        accesses: AccessSet,
    },
    /// Connections to these destinations.
    Connect(EndpointSet),
    /// Uses, or gains, of these capabilities.
    Capability(CapabilitySet),
    /// These system calls.
    Syscall(SyscallSet),
    /// Creations of these sockets.
    Socket(SocketSet),
}

impl Condition {
    /// Tells whether the events of `operation` that this condition names are exactly those of a region: whether
    /// [`Region::of`] gives that region. Large sets are compared where they lie.
    #[must_use]
    pub fn names_exactly(&self, operation: Operation, region: &Region) -> bool {
        match (self, region, operation) {
            (
                Self::Exec { paths, anonymous },
                Region::Exec { paths: others, anonymous: other },
                Operation::Exec,
            ) => anonymous == other && paths == others,
            (Self::Open { paths, accesses }, Region::Open(opens), Operation::Open) => {
                opens.is(paths, *accesses)
            }
            (Self::Connect(set), Region::Connect(other), Operation::Connect) => set == other,
            _ => Region::of(operation, self) == *region,
        }
    }

    /// Tells whether this condition names no event of `operation`: whether [`Region::of`] gives an empty region.
    #[must_use]
    pub fn names_nothing(&self, operation: Operation) -> bool {
        match (self, operation) {
            (Self::Exec { paths, anonymous }, Operation::Exec) => !anonymous && paths.is_empty(),
            (Self::Open { paths, accesses }, Operation::Open) => paths.is_empty() || accesses.is_empty(),
            (Self::Connect(set), Operation::Connect) => set.is_empty(),
            _ => Region::of(operation, self).is_empty(),
        }
    }
}
