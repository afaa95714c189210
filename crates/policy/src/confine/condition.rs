//! The events of one operation that a confinement matches, as a set of the closed family.

use super::{AccessSet, CapabilitySet, EndpointSet, PathSet, SocketSet, SyscallSet};

/// A set of events of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Every event of the operation.
    Always,
    /// Executions of these files, and of anonymous memory or deleted files when `anonymous` is set.
    Exec {
        /// The files.
        paths: PathSet,
        /// Whether executions without a path are included.
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
