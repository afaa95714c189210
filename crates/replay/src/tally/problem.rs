//! Lines that cannot be judged: why, how many, and where the first ones are.

/// A line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The number of the file among those that were read.
    pub file: u32,
    /// The line, from 1.
    pub line: u64,
}

/// Why a line was not judged. Blank lines are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// It is longer than 8 MiB.
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
    /// It has NUL bytes, like a file that was truncated while a program wrote to it.
    NulBytes,
    /// It is not JSON.
    NotJson,
    /// It is the last line, has no line break and is not JSON: it was still being written.
    Unfinished,
    /// It is JSON, and no event of Tetragon or Telovix.
    NotAnEvent,
    /// It is an invalid Telovix event.
    BadEvent,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 7] = [
        Self::TooLong,
        Self::NotUtf8,
        Self::NulBytes,
        Self::NotJson,
        Self::Unfinished,
        Self::NotAnEvent,
        Self::BadEvent,
    ];

    /// Says what is wrong.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::TooLong => "longer than 8 MiB",
            Self::NotUtf8 => "not UTF-8",
            Self::NulBytes => "NUL bytes, as in a file that was truncated while a program wrote to it",
            Self::NotJson => "not JSON",
            Self::Unfinished => "the last line, which was still being written",
            Self::NotAnEvent => "neither a Tetragon event nor a Telovix event",
            Self::BadEvent => "an invalid Telovix event",
        }
    }
}

/// Lines with one kind of problem.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Problems {
    pub(crate) lines: u64,
    /// The first ones, with the start of the line or what is wrong.
    pub(crate) first: Vec<(Place, String)>,
}
