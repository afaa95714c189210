//! Strings: their end, and the meaning of their escapes.

use std::borrow::Cow;

use super::{Cursor, NotJson};

/// One in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of a word that end a run of plain text: a quote, a backslash, a control character. Marks above
/// the lowest one may be wrong.
#[inline]
fn marks(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero_in(quote) | zero_in(backslash) | control) & HIGHEST
}

impl<'line> Cursor<'line> {
    /// Goes to the end of a run of plain text, and returns the byte there.
    #[inline]
    fn plain(&mut self) -> Result<u8, NotJson> {
        let mut rest = self.rest;
        while let Some((word, more)) = rest.split_first_chunk::<8>() {
            let marks = marks(u64::from_le_bytes(*word));
            if marks != 0 {
                let end = (marks.trailing_zeros() / 8) as usize;
                self.rest = rest.get(end..).unwrap_or_default();
                return self.rest.first().copied().ok_or(NotJson);
            }
            rest = more;
        }
        while let [byte, more @ ..] = rest {
            if *byte == b'"' || *byte == b'\\' || *byte < 0x20 {
                self.rest = rest;
                return Ok(*byte);
            }
            rest = more;
        }
        Err(NotJson)
    }

    /// Skips a string whose opening quote was read already.
    #[inline]
    pub(super) fn skip_string(&mut self) -> Result<(), NotJson> {
        loop {
            match self.plain()? {
                b'"' => {
                    self.advance();
                    return Ok(());
                }
                b'\\' => drop(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    /// Reads a string whose opening quote was read already.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'line, str>, NotJson> {
        let start = self.rest;
        let end = self.plain()?;
        let plain = self.since(start)?;
        if end == b'"' {
            self.advance();
            return Ok(Cow::Borrowed(plain));
        }
        self.unescape(plain.to_owned()).map(Cow::Owned)
    }

    #[cold]
    fn unescape(&mut self, mut text: String) -> Result<String, NotJson> {
        loop {
            let start = self.rest;
            let end = self.plain()?;
            text.push_str(self.since(start)?);
            match end {
                b'"' => {
                    self.advance();
                    return Ok(text);
                }
                b'\\' => text.push(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    /// Reads an escape, which starts at the cursor.
    fn escaped(&mut self) -> Result<char, NotJson> {
        let [_, letter, rest @ ..] = self.rest else { return Err(NotJson) };
        self.rest = rest;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(NotJson),
        })
    }

    /// Reads four hexadecimal digits, or twice that for what lies above the first plane.
    fn code_point(&mut self) -> Result<char, NotJson> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(NotJson);
        }
        self.rest = self.rest.strip_prefix(b"\\u").ok_or(NotJson)?;
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(NotJson);
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00))).ok_or(NotJson)
    }

    fn unit(&mut self) -> Result<u32, NotJson> {
        let (digits, rest) = self.rest.split_first_chunk::<4>().ok_or(NotJson)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit, digit| {
            char::from(*digit).to_digit(16).map(|digit| unit << 4 | digit).ok_or(NotJson)
        })
    }
}
