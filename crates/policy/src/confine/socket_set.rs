//! Sets of sockets by family and type.

use std::collections::BTreeMap;
use strum::VariantArray;

/// The type of a socket. Source: `include/linux/net.h`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum SocketType {
    /// SOCK_STREAM, 1.
    Stream,
    /// SOCK_DGRAM, 2.
    Datagram,
    /// SOCK_RAW, 3.
    Raw,
    /// SOCK_RDM, 4.
    Reliable,
    /// SOCK_SEQPACKET, 5.
    SequencedPacket,
    /// SOCK_DCCP, 6.
    Dccp,
    /// SOCK_PACKET, 10.
    Packet,
}

impl SocketType {
    /// Every type.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the kernel's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Stream => 1,
            Self::Datagram => 2,
            Self::Raw => 3,
            Self::Reliable => 4,
            Self::SequencedPacket => 5,
            Self::Dccp => 6,
            Self::Packet => 10,
        }
    }

    /// Returns the name in events and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the type of a kernel number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Returns the type with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    fn bit(self) -> u16 {
        1 << self.number()
    }
}

/// Bits of all socket types.
const ALL_TYPES: u16 = 0b100_0111_1110;

/// A set of (address family, socket type) pairs: a mask of types per family, and one for all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SocketSet {
    others: u16,
    families: BTreeMap<u16, u16>,
}

impl SocketSet {
    /// AF_INET.
    pub const INET: u16 = 2;
    /// AF_INET6.
    pub const INET6: u16 = 10;
    /// AF_PACKET.
    pub const PACKET: u16 = 17;

    /// Returns every socket.
    #[must_use]
    pub fn all() -> Self {
        Self { others: ALL_TYPES, families: BTreeMap::new() }
    }

    /// Returns the sockets of these types in every family.
    #[must_use]
    pub fn all_families(types: &[SocketType]) -> Self {
        Self { others: types.iter().fold(0, |mask, kind| mask | kind.bit()), families: BTreeMap::new() }
    }

    /// Returns the sockets of these types in these families.
    #[must_use]
    pub fn of(families: &[u16], types: &[SocketType]) -> Self {
        let mask = types.iter().fold(0, |mask, kind| mask | kind.bit());
        Self { others: 0, families: families.iter().map(|family| (*family, mask)).collect() }.normal()
    }

    /// Returns whether a socket is inside.
    #[must_use]
    pub fn contains(&self, family: u16, kind: SocketType) -> bool {
        self.mask(family) & kind.bit() != 0
    }

    /// Returns the union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left | right)
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & right)
    }

    /// Returns the complement.
    #[must_use]
    pub fn complement(&self) -> Self {
        self.combine(self, |mask, _| !mask & ALL_TYPES)
    }

    /// Returns the difference: what is in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & !right)
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.witness().is_none()
    }

    /// Returns whether this is a subset of the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Returns a member, if there is one: family and type.
    #[must_use]
    pub fn witness(&self) -> Option<(u16, SocketType)> {
        let unlisted = (1..=u16::MAX).find(|family| !self.families.contains_key(family));
        let families = self.families.keys().copied().chain(unlisted);
        families
            .flat_map(|family| SocketType::ALL.map(|kind| (family, kind)))
            .find(|(family, kind)| self.contains(*family, *kind))
    }

    /// Returns each listed family with its types, and the types of all other families.
    pub fn families(&self) -> (impl Iterator<Item = (u16, Vec<SocketType>)>, Vec<SocketType>) {
        let types = |mask: u16| SocketType::ALL.into_iter().filter(move |kind| mask & kind.bit() != 0);
        (
            self.families.iter().map(move |(family, mask)| (*family, types(*mask).collect())),
            types(self.others).collect(),
        )
    }

    fn mask(&self, family: u16) -> u16 {
        self.families.get(&family).copied().unwrap_or(self.others)
    }

    fn combine(&self, other: &Self, join: impl Fn(u16, u16) -> u16) -> Self {
        let families = self.families.keys().chain(other.families.keys());
        let families =
            families.map(|family| (*family, join(self.mask(*family), other.mask(*family)))).collect();
        Self { others: join(self.others, other.others), families }.normal()
    }

    fn normal(mut self) -> Self {
        let others = self.others;
        self.families.retain(|_, mask| *mask != others);
        self
    }
}

#[cfg(test)]
mod tests;
