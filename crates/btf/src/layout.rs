//! Bytes -> the header of BTF, and one record for each type.

use std::fmt;

/// What BTF of a little-endian kernel starts with: magic number, version 1, no flags, and a header of 24 bytes.
pub(super) const START: [u8; 8] = [0x9f, 0xeb, 1, 0, 24, 0, 0, 0];

/// Why bytes are not BTF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BtfError {
    /// They do not start like it.
    NotBtf,
    /// They are of a big-endian kernel.
    BigEndian,
    /// They end before what the header announces.
    Short,
    /// A type has a kind that this reader does not know; its number is that of `include/uapi/linux/btf.h`.
    Kind(u32),
    /// There are more types than any kernel has.
    TooManyTypes,
}

impl fmt::Display for BtfError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBtf => formatter.write_str("it does not start like one"),
            Self::BigEndian => formatter.write_str("it is the BTF of a big-endian kernel"),
            Self::Short => formatter.write_str("it is cut off"),
            Self::Kind(kind) => write!(formatter, "it has a type of the unknown kind {kind}"),
            Self::TooManyTypes => formatter.write_str("it has more types than any kernel"),
        }
    }
}

impl std::error::Error for BtfError {}

/// Where types and strings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sections {
    types: (usize, usize),
    strings: (usize, usize),
}

impl Sections {
    /// Reads the header.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, BtfError> {
        if bytes.starts_with(&[0xeb, 0x9f]) {
            return Err(BtfError::BigEndian);
        }
        if !bytes.starts_with(&START) {
            return Err(BtfError::NotBtf);
        }
        let section = |at: usize| {
            let start = size(number(bytes, at)?)?.checked_add(START_OF_DATA).ok_or(BtfError::Short)?;
            let end = start.checked_add(size(number(bytes, at + 4)?)?).ok_or(BtfError::Short)?;
            if end > bytes.len() { Err(BtfError::Short) } else { Ok((start, end)) }
        };
        Ok(Self { types: section(8)?, strings: section(16)? })
    }

    /// Returns how many bytes the whole is long.
    pub(super) fn end(&self) -> usize {
        self.types.1.max(self.strings.1)
    }

    /// Returns the text at an offset among the strings; empty where there is none, or more than a name.
    pub(super) fn text<'bytes>(&self, bytes: &'bytes [u8], offset: u32) -> &'bytes str {
        let strings = bytes.get(self.strings.0..self.strings.1).unwrap_or_default();
        let rest = usize::try_from(offset).ok().and_then(|offset| strings.get(offset..)).unwrap_or_default();
        let end = rest.iter().take(NAME).position(|byte| *byte == 0).unwrap_or_default();
        std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or_default()
    }
}

const START_OF_DATA: usize = 24;

/// The most bytes of a name with its end: `KSYM_NAME_LEN` of the kernel. A damaged file may have one name in all its strings.
const NAME: usize = 512;

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An integer, an enumeration, a floating point number, or a struct whose fields are not known.
    Plain,
    Pointer,
    Array,
    Struct,
    Union,
    Typedef,
    /// `const`, `volatile`, `restrict` and type tags.
    Qualifier,
    Function,
    Prototype,
    /// A variable, a section or a tag, which no argument has.
    Other,
}

/// One type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// Where its name is among the strings.
    pub(super) name: u32,
    /// The number of the type that it refers to, by kind.
    pub(super) target: u32,
    /// Where it starts.
    pub(super) offset: u32,
    /// How many members follow it.
    members: usize,
    length: usize,
}

/// Returns the types in their order, up to the first one that cannot be read.
pub(super) fn records<'bytes>(
    bytes: &'bytes [u8],
    sections: &'bytes Sections,
) -> impl Iterator<Item = Result<Record, BtfError>> + 'bytes {
    let mut next = Some(sections.types.0);
    std::iter::from_fn(move || {
        let at = next.filter(|at| *at < sections.types.1)?;
        let record = u32::try_from(at).map_err(|_| BtfError::Short);
        let record = record.and_then(|at| Record::at(bytes, sections, at));
        next = record.as_ref().ok().map(|record| at + record.length);
        Some(record)
    })
}

impl Record {
    /// Reads the type at an offset.
    pub(super) fn at(bytes: &[u8], sections: &Sections, offset: u32) -> Result<Self, BtfError> {
        let at = size(offset)?;
        let (name, info, target) = (number(bytes, at)?, number(bytes, at + 4)?, number(bytes, at + 8)?);
        let members = size(info & 0xffff)?;
        let (kind, rest) = match info >> 24 & 0x1f {
            1 | 14 | 17 => (if info >> 24 & 0x1f == 1 { Kind::Plain } else { Kind::Other }, 4),
            2 => (Kind::Pointer, 0),
            3 => (Kind::Array, 12),
            4 => (Kind::Struct, 12 * members),
            5 => (Kind::Union, 12 * members),
            6 => (Kind::Plain, 8 * members),
            7 | 16 => (Kind::Plain, 0),
            8 => (Kind::Typedef, 0),
            9 | 10 | 11 | 18 => (Kind::Qualifier, 0),
            12 => (Kind::Function, 0),
            13 => (Kind::Prototype, 8 * members),
            15 => (Kind::Other, 12 * members),
            19 => (Kind::Plain, 12 * members),
            other => return Err(BtfError::Kind(other)),
        };
        let length = 12 + rest;
        if at + length > sections.types.1 {
            return Err(BtfError::Short);
        }
        Ok(Self { kind, name, target, offset, members, length })
    }

    /// Returns name and type of each parameter of a prototype.
    pub(super) fn parameters(self, bytes: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.pairs(bytes, 8)
    }

    /// Returns name and type of each field of a struct or union.
    pub(super) fn fields(self, bytes: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.pairs(bytes, 12)
    }

    /// Returns the type of the elements of an array.
    pub(super) fn element(self, bytes: &[u8]) -> u32 {
        size(self.offset).and_then(|at| number(bytes, at + 12)).unwrap_or_default()
    }

    fn pairs(self, bytes: &[u8], step: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let start = size(self.offset).unwrap_or_default() + 12;
        (0..self.members).map_while(move |index| {
            let at = start + index * step;
            Some((number(bytes, at).ok()?, number(bytes, at + 4).ok()?))
        })
    }
}

fn number(bytes: &[u8], at: usize) -> Result<u32, BtfError> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map(|four| u32::from_le_bytes(*four)).ok_or(BtfError::Short)
}

fn size(number: u32) -> Result<usize, BtfError> {
    usize::try_from(number).map_err(|_| BtfError::Short)
}
