//! Port text -> port ranges.

use std::fmt;

/// An inclusive range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Parses `443` or `8000-8100`.
    ///
    /// # Errors
    /// Returns an error for numbers above 65,535, reversed ranges and anything else.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(PortError::Reversed);
        }
        Ok(Self { first, last })
    }

    /// Returns the lowest port.
    #[must_use]
    pub fn first(self) -> u16 {
        self.first
    }

    /// Returns the highest port.
    #[must_use]
    pub fn last(self) -> u16 {
        self.last
    }

    /// Returns whether a port is inside.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}

/// Why a text is not a port range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortError {
    /// Not a decimal number, or a range of two.
    NotANumber,
    /// Above 65,535.
    TooLarge,
    /// The first port is above the last.
    Reversed,
}

impl fmt::Display for PortError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotANumber => "is not a port or a port range",
            Self::TooLarge => "is above 65535",
            Self::Reversed => "has its ends reversed",
        })
    }
}

fn port(text: &str) -> Result<u16, PortError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PortError::NotANumber);
    }
    text.parse().map_err(|_| PortError::TooLarge)
}
