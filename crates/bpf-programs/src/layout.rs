//! Policy as the kernel reads it: fixed-size little-endian records, their maps, and the limits they imply.
//!
//! # How one event is decided
//!
//! 1. The task's domain (an index into [`Domain`] records) comes from task storage; 0 is every task that no
//!    subject names. [`Domain::operations`] has a bit for each operation that the domain confines.
//! 2. The operation is looked up in the domain's own tables and gives a *class*: for paths by walking
//!    [`EdgeKey`] -> [`PathState`], for addresses by binary search in [`Address`] and [`Port`], for system calls
//!    by index in [`SyscallTable`]. Class 0 is "allowed": nothing more is looked up.
//! 3. `classes[domain.….classes + class - 1]` gives a *decision*. Capabilities and the operations that have
//!    no condition ([`Operation::slot`]) have their decision in the domain record.
//! 4. A decision is the head of a chain of [`Decision`] cells, strongest confinement first. Cells whose
//!    confinement is inactive (effect 0), does not cover the access, or is exempted by the parent's domain are
//!    skipped; the first that remains decides.
//!
//! All integers are little endian. Every structure is free of implicit padding.

mod hook;
mod operation;
mod record;
mod section;

pub use hook::{CoveredCall, HOOKS, Hook, covered_calls};
pub use operation::{Access, Effect, Operation};
pub(crate) use record::records;
pub use record::{
    ANY_DOMAIN, Address, Automaton, Confinement, Decision, Domain, EdgeKey, Endpoints, Exemption, Field,
    Header, Origin, PathState, Port, PrefixKey, Record, Subject, SyscallTable, Syscalls,
};
pub use section::{Kind, Section};

/// The version of everything in this module. A reader refuses every other version.
pub const LAYOUT_VERSION: u32 = 1;

/// Bytes of a path component that one edge consumes. With the node number before them the hash key is 32 bytes,
/// a whole number of `jhash2` words, and 27 bytes cover almost every file name in one lookup.
pub const CHUNK: usize = 28;

/// Components a walked path may have; deeper paths fail closed inside a domain. Bounds the loop in the kernel.
pub const PATH_DEPTH: usize = 64;

/// Longest path component in bytes (`NAME_MAX` in the kernel's `include/uapi/linux/limits.h`).
pub const NAME_MAX: usize = 255;

/// Longest path in bytes with its NUL (`PATH_MAX` in the kernel's `include/uapi/linux/limits.h`).
pub const PATH_MAX: usize = 4096;

/// Chunks the longest component needs: 255 bytes are nine full chunks and a tenth that is not.
pub const CHUNKS_PER_NAME: usize = NAME_MAX / CHUNK + 1;

/// Steps that a binary search over all 65,536 ports or 2^31 address boundaries can take.
pub const SEARCH_STEPS: usize = 32;

/// Capabilities a domain has decisions for. The kernel has 41 (`CAP_LAST_CAP`, since 5.9); the table has 64.
pub const CAPABILITIES: usize = 64;

/// Domains that one task inherits from its ancestors in addition to its own; with one more the exec is denied.
pub const INHERITED_DOMAINS: usize = 3;

/// System-call numbers of the 64-bit entry that a table covers (`arch/x86/entry/syscalls/syscall_64.tbl`, common
/// and 64 rows, below 512).
pub const SYSCALLS_X86_64: usize = 512;

/// System-call numbers that only the x32 ABI has (512 to 547 in `syscall_64.tbl`), and some unused ones. The other
/// x32 calls share the number of the 64-bit call and are looked up there.
pub const SYSCALLS_X32: usize = 64;

/// System-call numbers of the 32-bit entry (`arch/x86/entry/syscalls/syscall_32.tbl`).
pub const SYSCALLS_IA32: usize = 512;

/// Cells of a [`SyscallTable`]: 64-bit calls, then x32's own from 512, then 32-bit calls.
pub const SYSCALL_CELLS: usize = SYSCALLS_X86_64 + SYSCALLS_X32 + SYSCALLS_IA32;

/// Where the 32-bit calls begin in a [`SyscallTable`].
pub const SYSCALLS_IA32_START: usize = SYSCALLS_X86_64 + SYSCALLS_X32;

/// In [`PathState::child`]: the node has edges.
pub const NODE_HAS_EDGES: u32 = 1 << 31;

/// In [`PathState::child`]: the node has byte prefixes that end inside a component.
pub const NODE_HAS_PREFIXES: u32 = 1 << 30;

/// In [`PathState::child`]: the node's number.
pub const NODE_NUMBER: u32 = NODE_HAS_PREFIXES - 1;

/// In [`Confinement::flags`]: [`Exemption`] records may exempt from this confinement.
pub const CONFINEMENT_HAS_EXEMPTIONS: u16 = 1;

/// In [`Confinement::flags`]: the confinement is a block list. Of two equal effects this one is reported, because it
/// can name the entry.
pub const CONFINEMENT_BLOCKS: u16 = 2;

#[cfg(test)]
mod tests;
