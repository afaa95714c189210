//! Operations, effects and file accesses: numbers shared with the kernel.

use strum::VariantArray;

/// An operation that a domain can confine. The number is the bit in [`Domain::operations`](super::Domain) and
/// the `operation` of a ring-buffer event.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[repr(u8)]
#[strum(serialize_all = "kebab-case")]
pub enum Operation {
    /// Execute a program.
    Exec = 0,
    /// Access a file: open, create, truncate, delete, rename, link.
    File = 1,
    /// Connect, or send to an address without connecting.
    Connect = 2,
    /// Use a capability.
    Capability = 3,
    /// Enter a system call.
    Syscall = 4,
    /// Load a kernel module, from memory or from a file.
    ModuleLoad = 5,
    /// Create a user namespace.
    UserNamespace = 6,
    /// Create a raw IP socket.
    RawSocket = 7,
    /// Create a packet socket.
    PacketSocket = 8,
    /// Gain `CAP_SYS_ADMIN` through capset.
    CapsetSysAdmin = 9,
    /// Attach to another process.
    PtraceAttach = 10,
    /// Create an anonymous memory file.
    MemoryFile = 11,
    /// Change the root mount.
    PivotRoot = 12,
    /// Mount, by the old or the new mount API, cloning a mount into a detached tree included.
    Mount = 13,
    /// Leave, enter or create any namespace.
    Unshare = 14,
    /// Load a BPF program.
    BpfLoad = 15,
    /// Set a setuid or setgid bit.
    SetId = 16,
}

impl Operation {
    /// Every operation, in the order of its number.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// The first operation without a condition of its own.
    const FIRST_SLOT: u8 = Self::ModuleLoad as u8;

    /// Cells of [`Domain::slots`](super::Domain): one per operation without a condition.
    pub const SLOTS: usize = Self::ALL.len() - Self::FIRST_SLOT as usize;

    /// Returns the index in [`Domain::slots`](super::Domain) of an operation that has no condition of its own.
    pub const fn slot(self) -> Option<usize> {
        match (self as u8).checked_sub(Self::FIRST_SLOT) {
            Some(index) => Some(index as usize),
            None => None,
        }
    }

    /// Returns the operation's bit in [`Domain::operations`](super::Domain).
    pub const fn bit(self) -> u32 {
        1 << self as u8
    }

    /// Returns the name of the operation in listings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the operation with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// The effect of a confinement. Higher numbers are stronger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[repr(u8)]
#[strum(serialize_all = "snake_case")]
pub enum Effect {
    /// Nothing. In a loaded image: the confinement's scope is not active here.
    Allow = 0,
    /// Report what would have happened.
    Observe = 1,
    /// Report.
    Log = 2,
    /// Kill the task, after the fact.
    Kill = 3,
    /// Fail the operation with `EPERM`, before the fact.
    Deny = 4,
}

impl Effect {
    /// Every effect, weakest first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the effect with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Returns the name of the effect in events and listings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Accesses to a file, as bits of [`Confinement::access`](super::Confinement).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access;

impl Access {
    /// Open for reading.
    pub const READ: u16 = 1;
    /// Open for writing.
    pub const WRITE: u16 = 1 << 1;
    /// Create the file, by open, mknod, mkdir or symlink.
    pub const CREATE: u16 = 1 << 2;
    /// Truncate the file, by open or truncate.
    pub const TRUNCATE: u16 = 1 << 3;
    /// Unlink or rmdir the file.
    pub const DELETE: u16 = 1 << 4;
    /// Rename from or onto the file.
    pub const RENAME: u16 = 1 << 5;
    /// Create another link to the file.
    pub const LINK: u16 = 1 << 6;
    /// Execute by execve.
    pub const EXECUTE: u16 = 1 << 7;
    /// Map executable: how a library runs, or a program through its loader. Only confinements with
    /// [`CONFINEMENT_BLOCKS`](super::CONFINEMENT_BLOCKS) include it: an allowlist of programs would have to name every
    /// library.
    pub const MAP: u16 = 1 << 8;
    /// Every access; also the value for confinements of other operations.
    pub const ALL: u16 = u16::MAX;
}
