//! The records, field by field, with the sizes and offsets of their C counterparts in `bpf/layout.h`.

use super::{CAPABILITIES, CHUNK, Operation, SYSCALL_CELLS};

/// In [`Exemption::own`] and [`Exemption::parent`]: any domain.
pub const ANY_DOMAIN: u32 = u32::MAX;

/// A fixed-size record: read from and written to little-endian bytes, field after field.
pub trait Record: Copy {
    /// Bytes of one record.
    const SIZE: usize;

    /// Reads a record; `None` unless `bytes` has exactly [`Record::SIZE`] bytes.
    fn decode(bytes: &[u8]) -> Option<Self>;

    /// Appends the record's bytes.
    fn encode(&self, out: &mut Vec<u8>);
}

/// A part of a record: an integer, an array of them, or a record.
pub trait Field: Copy {
    /// Reads the field from the start of `input`.
    fn take(input: &mut &[u8]) -> Option<Self>;

    /// Appends the field's bytes.
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! integer_fields {
    ($($integer:ty),*) => {$(
        impl Field for $integer {
            fn take(input: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = input.split_first_chunk()?;
                *input = rest;
                Some(Self::from_le_bytes(*bytes))
            }

            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

integer_fields!(u8, u16, u32, u64);

/// An index, the value of several maps.
impl Record for u32 {
    const SIZE: usize = size_of::<Self>();

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.put(out);
    }
}

impl<const N: usize> Field for [u8; N] {
    fn take(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk()?;
        *input = rest;
        Some(*bytes)
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

macro_rules! array_fields {
    ($($integer:ty),*) => {$(
        impl<const N: usize> Field for [$integer; N] {
            fn take(input: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = input.split_at_checked(N * size_of::<$integer>())?;
                *input = rest;
                let mut array = [0; N];
                for (cell, bytes) in array.iter_mut().zip(bytes.as_chunks().0) {
                    *cell = <$integer>::from_le_bytes(*bytes);
                }
                Some(array)
            }

            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.iter().flat_map(|cell| cell.to_le_bytes()));
            }
        }
    )*};
}

array_fields!(u16, u32, u64);

/// Defines a `repr(C)` record and checks its size and offsets. Because the fields' sizes add up to the
/// record's size there is no padding, so reading field after field is reading by offset.
macro_rules! records {
    ($(
        $(#[$about:meta])*
        $name:ident, $size:literal {
            $($(#[$field_about:meta])* $offset:literal => $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
        }

        const _: () = {
            assert!(size_of::<$name>() == $size, "size");
            assert!(0 $(+ size_of::<$type>())* == $size, "padding");
            $(assert!(std::mem::offset_of!($name, $field) == $offset, "offset");)*
        };

        impl Record for $name {
            const SIZE: usize = $size;

            fn decode(bytes: &[u8]) -> Option<Self> {
                let mut input = bytes;
                let record = Self::take(&mut input)?;
                input.is_empty().then_some(record)
            }

            fn encode(&self, out: &mut Vec<u8>) {
                self.put(out);
            }
        }

        impl Field for $name {
            fn take(input: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: <$type>::take(input)?,)* })
            }

            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
        }
    )*};
}

pub(crate) use records;

records! {
    /// The state of a walk at one point of a path: the next node, and the classes here. Value of an edge.
    PathState, 16 {
        /// The node's number with [`NODE_HAS_EDGES`](super::NODE_HAS_EDGES) and
        /// [`NODE_HAS_PREFIXES`](super::NODE_HAS_PREFIXES); 0 if there is no deeper entry.
        0 => child: u32,
        /// Class of the path that ends here.
        4 => exact: u32,
        /// Class of every path that continues from here without an edge or a prefix.
        8 => below: u32,
        /// Joined class of everything here and below, for renaming or linking this directory.
        12 => subtree: u32,
    }

    /// Key of an edge: a chunk of a path component, at a node. A name is cut into chunks of
    /// [`CHUNK`] bytes; the last chunk is zero padded and always ends with a zero byte, so a
    /// name of exactly 28 bytes has a second chunk that is all zeros.
    EdgeKey, 32 {
        /// The node.
        0 => node: u32,
        /// The bytes.
        4 => chunk: [u8; CHUNK],
    }

    /// Key of a byte prefix that ends inside a chunk (longest-prefix match). Its value is a class, which applies
    /// to the path and for everything below it; used only if no edge matches. A prefix that ends with a
    /// full chunk is an edge without a child.
    PrefixKey, 36 {
        /// Significant bits of what follows: 32 for the node and 8 per byte.
        0 => bits: u32,
        /// The node.
        4 => node: u32,
        /// The bytes, zero padded.
        8 => chunk: [u8; CHUNK],
    }

    /// A path table of a domain: where a walk starts and the decisions of its classes.
    Automaton, 24 {
        /// State at the root directory.
        0 => root: PathState,
        /// Index of class 1 in the classes map.
        16 => classes: u32,
        /// How many classes there are.
        20 => class_count: u32,
    }

    /// The address table of a domain: a run of [`Address`] records.
    Endpoints, 16 {
        /// Index of the first boundary.
        0 => start: u32,
        /// Number of boundaries; 0 when the domain does not confine addresses.
        4 => count: u32,
        /// Index of class 1 in the classes map.
        8 => classes: u32,
        /// How many classes there are.
        12 => class_count: u32,
    }

    /// The system-call table of a domain.
    Syscalls, 12 {
        /// Index in the syscall tables plus one; 0 when the domain does not confine system calls.
        0 => table: u32,
        /// Index of class 1 in the classes map.
        4 => classes: u32,
        /// How many classes there are.
        8 => class_count: u32,
    }

    /// The confinements of one domain. Index 0 is for every task that no subject names.
    Domain, 396 {
        /// [`Operation::bit`] of each operation that some event in this domain gets a decision for.
        0 => operations: u32,
        /// [`Operation::bit`] of each operation that a confinement naming this subject denies or kills on. For these,
        /// an event that cannot be decided (path too long, failed lookup) is denied; for others it is allowed.
        4 => strict: u32,
        /// The domain that descendants inherit in addition to their own; 0 for none.
        8 => inherits: u32,
        /// Programs by path.
        12 => exec: Automaton,
        /// Files.
        36 => file: Automaton,
        /// Addresses and ports.
        60 => endpoints: Endpoints,
        /// System calls.
        76 => syscalls: Syscalls,
        /// Decision for programs that have no path: a memory file, or a file already deleted.
        88 => anonymous_exec: u32,
        /// Decisions of the operations without a condition, by [`Operation::slot`].
        92 => slots: [u32; Operation::SLOTS],
        /// Decisions by capability number.
        140 => capabilities: [u32; CAPABILITIES],
    }

    /// One boundary of an address table: its class applies from this address up to the next boundary. The first
    /// boundary of a table is always address 0. IPv4 is mapped to `::ffff:a.b.c.d`.
    Address, 32 {
        /// The address's first eight bytes as a number.
        0 => high: u64,
        /// The address's last eight bytes as a number.
        8 => low: u64,
        /// Index of the first [`Port`] record.
        16 => ports: u32,
        /// Number of port boundaries; 0 when the class does not depend on the port.
        20 => port_count: u32,
        /// Class, when `port_count` is 0.
        24 => class: u32,
        /// Explicit padding.
        28 => reserved: u32,
    }

    /// One boundary of a port table: its class applies from this port up to the next boundary. The first boundary
    /// of a table is always port 0.
    Port, 8 {
        /// The port.
        0 => first: u32,
        /// Class.
        4 => class: u32,
    }

    /// Class by system-call number: [`SYSCALLS_X86_64`](super::SYSCALLS_X86_64) cells for the 64-bit entry, then
    /// [`SYSCALLS_X32`](super::SYSCALLS_X32), then [`SYSCALLS_IA32`](super::SYSCALLS_IA32).
    SyscallTable, 2176 {
        /// Classes.
        0 => classes: [u16; SYSCALL_CELLS],
    }

    /// One cell of a decision: a confinement, and the next weaker one. Index 0 is "allow" and never read.
    Decision, 8 {
        /// Index of the confinement.
        0 => confinement: u32,
        /// The next cell, always of a smaller number; 0 ends the chain.
        4 => next: u32,
    }

    /// The part of a confinement that the kernel needs; its index is the rule id of events and counters.
    Confinement, 8 {
        /// An [`Effect`](super::Effect); the loader writes 0 over confinements whose scope is not active.
        0 => effect: u8,
        /// The [`Operation`].
        1 => operation: u8,
        /// [`Access`](super::Access) bits that the confinement covers.
        2 => access: u16,
        /// Scope string's index in the scopes table; 0 is the whole fleet.
        4 => scope: u16,
        /// [`CONFINEMENT_HAS_EXEMPTIONS`](super::CONFINEMENT_HAS_EXEMPTIONS) and
        /// [`CONFINEMENT_BLOCKS`](super::CONFINEMENT_BLOCKS).
        6 => flags: u16,
    }

    /// The source of a confinement; same index as [`Confinement`]. Offsets point into the strings.
    Origin, 32 {
        /// Kind of document.
        0 => kind: u32,
        /// The document's id.
        4 => id: u32,
        /// The document's name.
        8 => name: u32,
        /// Dimension or template.
        12 => dimension: u32,
        /// File.
        16 => file: u32,
        /// First byte of the source text.
        20 => start: u32,
        /// End of that text.
        24 => end: u32,
        /// Line, counted from 1.
        28 => line: u32,
    }

    /// Key of the subject table: classes of a program's path and of its base name. The value is a domain.
    Subject, 8 {
        /// Class by path.
        0 => path: u32,
        /// Class by base name.
        4 => name: u32,
    }

    /// Key of an exemption: in a process of domain `own` whose parent is in domain `parent`, the confinement
    /// does not apply. Its value is 1. Exemptions by the process alone are already part of its domain;
    /// they appear here only for confinements that the process may have inherited.
    Exemption, 12 {
        /// Index of the confinement.
        0 => confinement: u32,
        /// The task's domain, or [`ANY_DOMAIN`].
        4 => own: u32,
        /// The parent's own domain, or [`ANY_DOMAIN`].
        8 => parent: u32,
    }

    /// The header of an image: one record.
    Header, 40 {
        /// [`LAYOUT_VERSION`](super::LAYOUT_VERSION).
        0 => version: u32,
        /// Explicit padding.
        4 => reserved: u32,
        /// Where the walk of a program's path starts; classes are path classes of [`Subject`].
        8 => subjects: PathState,
        /// Where the walk of a program's base name starts (one component, `exact` is the class); `child` is 0
        /// when no subject is named by base name.
        24 => names: PathState,
    }
}
