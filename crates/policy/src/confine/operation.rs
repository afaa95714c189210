//! The operations of processes that a confinement can apply to.

use std::fmt;
use strum::VariantArray;

/// An operation, named for what it does, not for a system call.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// Execute a program. The subject is the program that calls it.
    Exec,
    /// Open, create, truncate, delete, rename or link a file.
    Open,
    /// Connect or send to an IPv4 or IPv6 destination.
    Connect,
    /// Use a capability.
    Capability,
    /// Make a system call.
    Syscall,
    /// Load a kernel module.
    ModuleLoad,
    /// Create a user namespace.
    UserNamespace,
    /// Create a socket.
    Socket,
    /// Gain a capability through capset.
    Capset,
    /// Attach to another process.
    Ptrace,
    /// Create an anonymous memory file.
    MemoryFile,
    /// Change the root mount.
    PivotRoot,
    /// Mount, by any interface.
    Mount,
    /// Unshare a namespace, or enter or create one.
    Unshare,
    /// Load a BPF program.
    Bpf,
    /// Set a setuid or setgid bit.
    SetId,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the name in events and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the operation with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == text)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One kind of access to a file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Access {
    /// Open for reading.
    Read,
    /// Open for writing.
    Write,
    /// Create.
    Create,
    /// Truncate.
    Truncate,
    /// Remove a name.
    Delete,
    /// Rename, either end.
    Rename,
    /// Make a hard link, either end.
    Link,
    /// Open for execution. Governed by the spawns of a profile, not by its files.
    Execute,
}

impl Access {
    /// Every access.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the name in events and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A set of accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccessSet(u8);

impl AccessSet {
    /// Every access that the files of a profile govern: all but execute.
    pub const GOVERNED: Self = Self(0x7f);

    /// Adds an access.
    #[must_use]
    pub fn with(self, access: Access) -> Self {
        Self(self.0 | 1 << access as u8)
    }

    /// Returns whether an access is inside.
    #[must_use]
    pub fn contains(self, access: Access) -> bool {
        self.0 & (1 << access as u8) != 0
    }

    /// Returns whether the sets have an access in common.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns each access.
    pub fn iter(self) -> impl Iterator<Item = Access> {
        Access::ALL.into_iter().filter(move |access| self.contains(*access))
    }
}

impl FromIterator<Access> for AccessSet {
    fn from_iter<I: IntoIterator<Item = Access>>(accesses: I) -> Self {
        accesses.into_iter().fold(Self::default(), Self::with)
    }
}
