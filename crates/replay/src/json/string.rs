//! Strings: their end, and the meaning of their escapes.

use std::borrow::Cow;

use wide::u8x16;

use super::{Cursor, NotJson};

/// Returns where a run of plain text ends in these bytes: at a quote, a backslash or a control character; 16 if not in
/// them.
#[inline]
fn end_of_plain(bytes: &[u8; 16]) -> usize {
    let text = u8x16::new(*bytes);
    let special = text.simd_eq(u8x16::splat(b'"')) | text.simd_eq(u8x16::splat(b'\\'));
    let control = text.min(u8x16::splat(0x1f)).simd_eq(text);
    ((special | control).to_bitmask() | 1 << 16).trailing_zeros() as usize
}

impl<'line> Cursor<'line> {
    /// Goes to the end of a run of plain text, and returns the byte there.
    #[inline]
    fn plain(&mut self) -> Result<u8, NotJson> {
        let mut rest = self.rest;
        while let Some((bytes, more)) = rest.split_first_chunk::<16>() {
            let end = end_of_plain(bytes);
            if end < 16 {
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
    pub(crate) fn skip_string(&mut self) -> Result<(), NotJson> {
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
    pub(crate) fn string(&mut self) -> Result<Cow<'line, str>, NotJson> {
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
