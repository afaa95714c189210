//! Address text -> CIDR blocks and network patterns.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::{PortError, PortRange};

/// A CIDR block of IPv4 or IPv6 addresses. A bare address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    length: u8,
}

/// First address of the range that holds IPv4-mapped IPv6 addresses, `::ffff:0:0/96`.
pub(crate) const MAPPED: u128 = 0xffff_0000_0000;

impl Cidr {
    /// Parses `10.0.0.0/8`, `2001:db8::/32` or a bare address.
    ///
    /// # Errors
    /// Returns an error for host names, zones and prefix lengths above the width of the address.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| CidrError::Address)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(digits)
                if digits.is_empty()
                    || digits.len() > 3
                    || !digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                return Err(CidrError::Length);
            }
            Some(digits) => digits.parse().map_err(|_| CidrError::Length)?,
        };
        Self::new(address, length).ok_or(CidrError::Length)
    }

    /// Returns the block of the addresses that share the first `length` bits with this one; none where the
    /// address has fewer bits.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let width = if address.is_ipv4() { 32 } else { 128 };
        (length <= width).then_some(Self { address, length })
    }

    /// Returns the address as written.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Returns the prefix length as written.
    #[must_use]
    pub fn length(self) -> u8 {
        self.length
    }

    /// Returns the block with its host bits cleared.
    #[must_use]
    pub fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Self { address, length: self.length }
    }

    /// Returns whether host bits are set.
    #[must_use]
    pub fn has_host_bits(self) -> bool {
        self.network() != self
    }

    /// Returns the inclusive ranges of the block in the one 128-bit space where an IPv4 address is
    /// at its IPv4-mapped place. An IPv6 block wider than /96 leaves the mapped range out.
    pub fn ranges(self) -> impl Iterator<Item = (u128, u128)> {
        let network = self.network();
        let first = address_number(network.address);
        let width = if network.address.is_ipv4() { 32 } else { 128 };
        let size = u128::MAX.checked_shr(128 - u32::from(width - self.length)).unwrap_or(0);
        let last = first | size;
        let mapped = (MAPPED, MAPPED | u128::from(u32::MAX));
        let holds_mapped = first < mapped.0 && last > mapped.1;
        let (below, above) = ((first, mapped.0 - 1), (mapped.1 + 1, last));
        let ranges = if holds_mapped { [Some(below), Some(above)] } else { [Some((first, last)), None] };
        ranges.into_iter().flatten()
    }

    /// Returns whether an address is inside; an IPv4-mapped IPv6 address counts as its IPv4 address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let number = address_number(address);
        self.ranges().any(|(first, last)| (first..=last).contains(&number))
    }
}

/// Returns the place of an address in the one 128-bit space.
#[must_use]
pub fn address_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => MAPPED | u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Returns the address at a place of the one 128-bit space.
#[must_use]
pub fn address_at(number: u128) -> IpAddr {
    let address = Ipv6Addr::from(number);
    address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.length)
    }
}

/// Why a text is not a CIDR block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CidrError {
    /// The part before `/` is not an IPv4 or IPv6 address.
    Address,
    /// The part after `/` is not a prefix length of that address.
    Length,
}

impl fmt::Display for CidrError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Address => "is not an IPv4 or IPv6 address or block",
            Self::Length => "has an invalid prefix length",
        })
    }
}

/// An entry of the network lists of a guard: a block, a block with ports, or ports alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkPattern {
    /// The addresses; every address when absent.
    pub cidr: Option<Cidr>,
    /// The ports; every port when absent.
    pub ports: Option<PortRange>,
}

impl NetworkPattern {
    /// Parses `10.0.0.0/8`, `10.0.0.1:443`, `10.0.0.0/8:8000-8100`, `[2001:db8::]/32:443` or `*:443`.
    ///
    /// # Errors
    /// Returns an error for host names: names are not resolved at compile time.
    pub fn parse(text: &str) -> Result<Self, NetworkPatternError> {
        let block = |text: &str| Cidr::parse(text).map_err(NetworkPatternError::Cidr);
        let ports = |text: &str| PortRange::parse(text).map_err(NetworkPatternError::Port);
        if let Some(rest) = text.strip_prefix("*:") {
            return Ok(Self { cidr: None, ports: Some(ports(rest)?) });
        }
        if text == "*" {
            return Ok(Self { cidr: None, ports: None });
        }
        if let Some((inside, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let (length, port) = match rest.split_once(':') {
                Some((length, port)) => (length, Some(port)),
                None => (rest, None),
            };
            let cidr = Some(block(&format!("{inside}{length}"))?);
            return Ok(Self { cidr, ports: port.map(ports).transpose()? });
        }
        match text.split_once(':') {
            Some((cidr, port)) if !port.contains(':') => {
                Ok(Self { cidr: Some(block(cidr)?), ports: Some(ports(port)?) })
            }
            _ => Ok(Self { cidr: Some(block(text)?), ports: None }),
        }
    }
}

impl fmt::Display for NetworkPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.cidr, self.ports) {
            (None, None) => formatter.write_str("*"),
            (None, Some(ports)) => write!(formatter, "*:{ports}"),
            (Some(cidr), None) => write!(formatter, "{cidr}"),
            (Some(cidr), Some(ports)) if cidr.address.is_ipv4() => write!(formatter, "{cidr}:{ports}"),
            (Some(cidr), Some(ports)) => write!(formatter, "[{}]/{}:{ports}", cidr.address, cidr.length),
        }
    }
}

/// Why a text is not a network pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkPatternError {
    /// The address part.
    Cidr(CidrError),
    /// The port part.
    Port(PortError),
}

impl fmt::Display for NetworkPatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(error) => write!(formatter, "{error}"),
            Self::Port(error) => write!(formatter, "{error}"),
        }
    }
}
