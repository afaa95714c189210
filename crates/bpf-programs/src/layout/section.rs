//! The maps of an image: their records, how the kernel stores them, and their memory.

use super::{
    Address, Confinement, Decision, Domain, EdgeKey, Exemption, Header, Origin, PathState, Port, PrefixKey,
    Record, Subject, SyscallTable,
};
use strum::VariantArray;

/// A section of an image: one BPF map, or a table that only user space reads.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case", prefix = ".telovix.")]
pub enum Section {
    /// One [`Header`].
    Header,
    /// [`Confinement`] by rule id.
    Confinements,
    /// [`Decision`] cells.
    Decisions,
    /// Decision (`u32`) by class index.
    Classes,
    /// [`Domain`] by domain number.
    Domains,
    /// [`Subject`] -> domain (`u32`).
    Subjects,
    /// [`Exemption`] -> `u32`.
    Exemptions,
    /// [`EdgeKey`] -> [`PathState`].
    Edges,
    /// [`PrefixKey`] -> class (`u32`).
    Prefixes,
    /// [`Address`] boundaries.
    Addresses,
    /// [`Port`] boundaries.
    Ports,
    /// [`SyscallTable`] by table number, from 0.
    Syscalls,
    /// [`Origin`] by rule id; not loaded.
    Origins,
    /// String offset (`u32`) by scope number; not loaded.
    Scopes,
    /// NUL-terminated UTF-8; offset 0 is the empty string; not loaded.
    Strings,
}

/// How a section is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `BPF_MAP_TYPE_ARRAY`: a record is a value, its index the key.
    Array,
    /// `BPF_MAP_TYPE_HASH`: a record is a key and a value, in the order of the decoded keys.
    Hash,
    /// `BPF_MAP_TYPE_LPM_TRIE`: a record is a key and a value, in the order of the decoded keys.
    LongestPrefix,
    /// Stays in user space.
    Listing,
}

impl Section {
    /// Every section, in the order of the file.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the section's name in the file; what follows `.telovix.` is the map's name in the kernel.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns how the section is stored.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Subjects | Self::Exemptions | Self::Edges => Kind::Hash,
            Self::Prefixes => Kind::LongestPrefix,
            Self::Origins | Self::Scopes | Self::Strings => Kind::Listing,
            _ => Kind::Array,
        }
    }

    /// Returns the bytes of a record's key; arrays have none in the file.
    pub const fn key_size(self) -> usize {
        match self {
            Self::Subjects => Subject::SIZE,
            Self::Exemptions => Exemption::SIZE,
            Self::Edges => EdgeKey::SIZE,
            Self::Prefixes => PrefixKey::SIZE,
            _ => 0,
        }
    }

    /// Returns the bytes of a record's value.
    pub const fn value_size(self) -> usize {
        match self {
            Self::Header => Header::SIZE,
            Self::Confinements => Confinement::SIZE,
            Self::Decisions => Decision::SIZE,
            Self::Domains => Domain::SIZE,
            Self::Edges => PathState::SIZE,
            Self::Addresses => Address::SIZE,
            Self::Ports => Port::SIZE,
            Self::Syscalls => SyscallTable::SIZE,
            Self::Origins => Origin::SIZE,
            Self::Classes | Self::Subjects | Self::Exemptions | Self::Prefixes | Self::Scopes => 4,
            Self::Strings => 1,
        }
    }

    /// Returns the bytes of one record in the file.
    pub const fn record_size(self) -> usize {
        self.key_size() + self.value_size()
    }

    /// Returns the bytes the kernel allocates for a map of `records` entries, rounded up where the allocator
    /// decides. Maps always have space for at least one entry.
    ///
    /// From `kernel/bpf/{arraymap,hashtab,lpm_trie}.c`: an array rounds each value up to 8 bytes; a hash element
    /// is 48 bytes with key and value rounded up to 8 each, preallocated, plus a power of two of 16-byte
    /// buckets; an LPM node is 40 bytes with key data and value, from the allocator's size classes, and every
    /// entry can cost one intermediate node.
    pub fn kernel_bytes(self, records: usize) -> usize {
        let records = records.max(1);
        let value = self.value_size().next_multiple_of(8);
        match self.kind() {
            Kind::Array => records * value,
            Kind::Hash => {
                let element = 48 + self.key_size().next_multiple_of(8) + value;
                records * element + records.next_power_of_two() * 16
            }
            Kind::LongestPrefix => {
                let node = 40 + (self.key_size() - 4) + self.value_size();
                2 * records * node.next_multiple_of(32)
            }
            Kind::Listing => 0,
        }
    }
}
