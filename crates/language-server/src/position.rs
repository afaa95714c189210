//! Lines and characters as the Language Server Protocol 3.17 counts them (`Position`, `PositionEncodingKind`).

/// The unit of [`Position::character`], which client and server agree on at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16, which every client supports.
    #[default]
    Utf16,
}

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// Units of the [`Encoding`] before the place on its line.
    pub character: u32,
}

/// The text between two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    /// The place before the first character.
    pub start: Position,
    /// The place after the last character.
    pub end: Position,
}

impl Encoding {
    /// Returns the number of units of a text.
    pub(crate) fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }

    /// Returns the bytes that the first `units` of a line take; the whole line when it is shorter, as the protocol
    /// says. `None` inside a character.
    pub(crate) fn bytes(self, line: &str, units: usize) -> Option<usize> {
        match self {
            Self::Utf8 => {
                let bytes = units.min(line.len());
                line.is_char_boundary(bytes).then_some(bytes)
            }
            Self::Utf16 => {
                let mut before = 0;
                for (at, character) in line.char_indices() {
                    if before >= units {
                        return (before == units).then_some(at);
                    }
                    before += character.len_utf16();
                }
                (before <= units).then_some(line.len())
            }
        }
    }
}
