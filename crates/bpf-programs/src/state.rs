//! State and events of the programs, in addition to the policy: the active slot, loaded generations, events.
//!
//! The C counterpart is `bpf/state.h`; a test compares both with the object's BTF.

use crate::layout::{Field, Record, records};

/// Generations that can be loaded at once: the active one and the one before (or after) it.
pub const SLOTS: u32 = 2;

/// Maximum length of the path in an [`Event`], in bytes.
pub const EVENT_TEXT: usize = 512;

/// Indices of the statistics map.
pub mod statistic {
    /// Reports written.
    pub const EVENTS: u32 = 0;
    /// Reports lost because the ring buffer was full.
    pub const DROPPED: u32 = 1;
    /// Paths walked to the root.
    pub const WALKS: u32 = 2;
    /// Walks that could not be decided.
    pub const DOUBTS: u32 = 3;
    /// Tasks that got a domain when a generation was loaded.
    pub const SEEDED: u32 = 4;
}

/// In [`Event::rule`]: no confinement, the reason is in [`Event::doubt`].
pub const NO_RULE: u32 = u32::MAX;

records! {
    /// The only value of the map `control`. Written in one piece, so a switch is atomic.
    Control, 8 {
        /// Bit 0: the active slot. Then 23 bits of its generation's number. The rest: a deadline in milliseconds
        /// since boot, after which the other slot is active; 0 for none.
        0 => word: u64,
    }

    /// A value of the map `slots`: the generation in a slot.
    Slot, 16 {
        /// Number of the generation; 0 when the slot is empty.
        0 => generation: u32,
        /// [`Operation::bit`](crate::layout::Operation::bit)s that domain 0 has decisions for.
        4 => everybody: u32,
        /// 1 when some program is a subject.
        8 => subjects: u32,
        /// 1 until the generation was active once. Programs do not read it: an apply that was killed before its
        /// switch leaves a generation that must not be restored.
        12 => reserved: u32,
    }

    /// The only value of the map `guard`: what self-protection compares with. Numbers of devices and inodes as the kernel
    /// has them. The program [`REGISTER_LOADER`](crate::object::REGISTER_LOADER) writes all but the pins.
    Guard, 80 {
        /// Inode number of the folder of the program that applied the policy.
        0 => folder: u64,
        /// Device of the folder's file system.
        8 => folder_device: u32,
        /// Generation of the inode.
        12 => folder_generation: u32,
        /// Length of the program's name; 0 while nothing is protected.
        16 => length: u32,
        /// Device of the BPF file system with our pins.
        20 => pins_device: u32,
        /// Inode numbers of the folders of our pins.
        24 => pins: [u64; 3],
        /// The program's name, padded with zeros.
        48 => name: [u8; 32],
    }

    /// A value of the map `successors`, whose key is the generation << 32 | the inherited domain that they follow.
    Successors, 16 {
        /// Their generation.
        0 => generation: u32,
        /// Domains that take the place of the old one; 0 ends them.
        4 => domains: [u32; 3],
    }

    /// The fixed part of a record of the ring buffer; a path of `path_length` bytes follows.
    Event, 88 {
        /// Nanoseconds since boot.
        0 => time: u64,
        /// Generation that decided.
        8 => generation: u32,
        /// Index of the confinement, or [`NO_RULE`].
        12 => rule: u32,
        /// Domain in which it decided.
        16 => domain: u32,
        /// Process.
        20 => pid: u32,
        /// Its parent.
        24 => parent_pid: u32,
        /// Its user.
        28 => user: u32,
        /// An [`Operation`](crate::layout::Operation).
        32 => operation: u8,
        /// An [`Effect`](crate::layout::Effect).
        33 => effect: u8,
        /// Why the decision was made with incomplete information; 0 if it is complete.
        34 => doubt: u8,
        /// Explicit padding.
        35 => reserved: u8,
        /// [`Access`](crate::layout::Access) bits.
        36 => access: u32,
        /// Capability, system call, mode, or socket family << 16 | type.
        40 => detail: u32,
        /// Explicit padding.
        44 => reserved2: u32,
        /// First half of an IPv6 address; IPv4 is mapped.
        48 => address_high: u64,
        /// Second half.
        56 => address_low: u64,
        /// Port.
        64 => port: u16,
        /// Protocol number.
        66 => protocol: u16,
        /// Bytes of path that follow.
        68 => path_length: u16,
        /// Trailing components that did not fit.
        70 => path_cut: u16,
        /// Name of the thread.
        72 => command: [u8; 16],
    }
}

impl Slot {
    /// Nothing is loaded.
    pub const EMPTY: Self = Self { generation: 0, everybody: 0, subjects: 0, reserved: 0 };

    /// The same, before its first activation.
    pub const fn pending(self) -> Self {
        Self { reserved: 1, ..self }
    }

    /// The same, after its first activation.
    pub const fn proven(self) -> Self {
        Self { reserved: 0, ..self }
    }

    /// Whether the slot has a generation that was active before.
    pub const fn is_proven(self) -> bool {
        self.generation != 0 && self.reserved == 0
    }
}

impl Control {
    /// First bit of the deadline in the word.
    const DEADLINE: u32 = 24;

    /// A slot with this generation that is active without a deadline, or until `deadline` (milliseconds since boot).
    pub fn new(slot: u32, generation: u32, deadline: Option<u64>) -> Self {
        let generation = u64::from(generation) << 1 & ((1 << Self::DEADLINE) - 1);
        Self { word: deadline.unwrap_or(0) << Self::DEADLINE | generation | u64::from(slot & 1) }
    }

    /// The slot that was made active.
    pub fn slot(self) -> u32 {
        (self.word & 1) as u32
    }

    /// The deadline in milliseconds since boot.
    pub fn deadline(self) -> Option<u64> {
        Some(self.word >> Self::DEADLINE).filter(|&deadline| deadline != 0)
    }

    /// The slot that programs use at a time in milliseconds since boot.
    pub fn active(self, now: u64) -> u32 {
        match self.deadline() {
            Some(deadline) if now >= deadline => 1 - self.slot(),
            _ => self.slot(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Control, Slot};
    use crate::layout::Record as _;

    #[test]
    fn a_word_keeps_slot_and_deadline() {
        let word = Control::new(1, 0x0123_4567, Some(5_000));
        assert_eq!((word.slot(), word.deadline()), (1, Some(5_000)));
        assert_eq!((word.active(4_999), word.active(5_000)), (1, 0));
        let word = Control::new(0, u32::MAX, None);
        assert_eq!((word.slot(), word.deadline(), word.active(u64::MAX)), (0, None, 0));
        assert_ne!(Control::new(0, 1, None), Control::new(0, 3, None));
    }

    #[test]
    fn only_what_was_active_once_can_be_gone_back_to() {
        let loaded = Slot { generation: 7, everybody: 3, subjects: 1, reserved: 0 };
        let pending = loaded.pending();
        assert!(loaded.is_proven() && !pending.is_proven() && pending.proven() == loaded);
        assert!(!Slot::EMPTY.is_proven() && !Slot::EMPTY.pending().is_proven());
        // Programs read the same fields, and the mark survives the round trip through the map.
        let bytes = |slot: Slot| {
            let mut bytes = Vec::new();
            slot.encode(&mut bytes);
            bytes
        };
        assert_eq!(bytes(pending).get(..12), bytes(loaded).get(..12));
        assert_eq!(Slot::decode(&bytes(pending)), Some(pending));
        assert_ne!(pending, loaded);
    }
}
