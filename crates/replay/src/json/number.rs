//! Numbers: their grammar, and the whole ones among them.

use wide::u8x16;

use super::{Cursor, NotJson, Slot};

/// A number of fewer digits and without an exponent has a finite value.
const SURELY_FINITE: usize = 300;

/// Returns how many of the bytes are digits, up to the first that is none.
#[inline]
fn digits_of(bytes: &[u8; 16]) -> usize {
    let text = u8x16::new(*bytes);
    let digit = text.max(u8x16::splat(b'0')).min(u8x16::splat(b'9')).simd_eq(text);
    (!digit.to_bitmask()).trailing_zeros().min(16) as usize
}

impl Cursor<'_> {
    /// Skips a number.
    #[inline]
    pub(crate) fn skip_number(&mut self) -> Result<(), NotJson> {
        // Most are short and whole.
        if let Some((bytes, _)) = self.rest.split_first_chunk::<16>() {
            let digits = digits_of(bytes);
            let starts = bytes[0] != b'0' || digits == 1;
            let ends = bytes.get(digits).is_some_and(|next| !matches!(next, b'.' | b'e' | b'E'));
            if digits > 0 && starts && ends {
                self.rest = self.rest.get(digits..).unwrap_or_default();
                return Ok(());
            }
        }
        self.skip_any_number()
    }

    fn skip_any_number(&mut self) -> Result<(), NotJson> {
        let start = self.rest;
        if let [b'-', rest @ ..] = self.rest {
            self.rest = rest;
        }
        match self.rest {
            [b'0', rest @ ..] => self.rest = rest,
            [b'1'..=b'9', ..] => self.digits()?,
            _ => return Err(NotJson),
        }
        if let [b'.', rest @ ..] = self.rest {
            self.rest = rest;
            self.digits()?;
        }
        let scaled = matches!(self.rest, [b'e' | b'E', ..]);
        if scaled {
            self.advance();
            if let [b'+' | b'-', rest @ ..] = self.rest {
                self.rest = rest;
            }
            self.digits()?;
        }
        if scaled || start.len() > self.rest.len() + SURELY_FINITE {
            let finite = self.since(start)?.parse::<f64>().is_ok_and(f64::is_finite);
            return if finite { Ok(()) } else { Err(NotJson) };
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.rest.len();
        while let [b'0'..=b'9', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.len() == start { Err(NotJson) } else { Ok(()) }
    }
}

/// Returns a whole number that fits; `-0` is a fraction to `serde_json`.
pub(super) fn whole(text: &str) -> Slot<i64> {
    if text == "-0" {
        return Slot::Wrong;
    }
    text.parse().map_or(Slot::Wrong, Slot::Is)
}
