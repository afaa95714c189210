//! Strings: their end, and what their escapes stand for.

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

/// Bytes of a wide step.
const WIDE: usize = 32;

/// Tells whether nothing in a wide step ends a run of plain text. Compilers make vector instructions of this.
#[inline]
fn is_plain(bytes: &[u8; WIDE]) -> bool {
    let ends = |byte: u8| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20);
    bytes.iter().fold(0, |found, byte| found | ends(*byte)) == 0
}

impl<'line> Cursor<'line> {
    /// Goes to the end of a run of plain text, and returns the byte there.
    #[inline]
    fn plain(&mut self) -> Result<u8, NotJson> {
        // Most texts are short; of long ones, wide steps are taken.
        let mut steps = 0;
        while let Some(word) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let marks = marks(u64::from_le_bytes(*word));
            if marks != 0 {
                self.at += (marks.trailing_zeros() / 8) as usize;
                return self.bytes.get(self.at).copied().ok_or(NotJson);
            }
            self.at += 8;
            steps += 1;
            if steps == 2 {
                while self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<WIDE>).is_some_and(is_plain) {
                    self.at += WIDE;
                }
            }
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'"' || byte == b'\\' || byte < 0x20 {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(NotJson)
    }

    /// Passes over a string whose opening quote is behind the cursor.
    #[inline]
    pub(super) fn skip_string(&mut self) -> Result<(), NotJson> {
        loop {
            match self.plain()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => drop(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    /// Reads a string whose opening quote is behind the cursor.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<Cow<'line, str>, NotJson> {
        let start = self.at;
        let end = self.plain()?;
        let plain = self.text.get(start..self.at).ok_or(NotJson)?;
        if end == b'"' {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        self.unescape(plain.to_owned()).map(Cow::Owned)
    }

    #[cold]
    fn unescape(&mut self, mut text: String) -> Result<String, NotJson> {
        loop {
            let start = self.at;
            let end = self.plain()?;
            text.push_str(self.text.get(start..self.at).ok_or(NotJson)?);
            match end {
                b'"' => {
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => text.push(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    /// Reads an escape, which starts at the cursor.
    fn escaped(&mut self) -> Result<char, NotJson> {
        let letter = self.bytes.get(self.at + 1).copied().ok_or(NotJson)?;
        self.at += 2;
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
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Err(NotJson);
        }
        self.at += 2;
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(NotJson);
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00))).ok_or(NotJson)
    }

    fn unit(&mut self) -> Result<u32, NotJson> {
        let digits = self.bytes.get(self.at..self.at + 4).ok_or(NotJson)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, digit| {
            char::from(*digit).to_digit(16).map(|digit| unit << 4 | digit).ok_or(NotJson)
        })
    }
}
