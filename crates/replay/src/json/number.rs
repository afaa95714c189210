//! Numbers: their grammar, and the whole ones among them.

use super::{Cursor, NotJson, Slot};

/// A number of fewer digits and without an exponent has a finite value.
const SURELY_FINITE: usize = 300;

impl Cursor<'_> {
    /// Passes over a number.
    pub(super) fn skip_number(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(NotJson),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        let scaled = matches!(self.bytes.get(self.at), Some(b'e' | b'E'));
        if scaled {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        if scaled || self.at - start > SURELY_FINITE {
            let text = self.text.get(start..self.at).unwrap_or_default();
            let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
            return if finite { Ok(()) } else { Err(NotJson) };
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(NotJson) } else { Ok(()) }
    }
}

/// Returns a whole number that fits; `-0` is a fraction to `serde_json`.
pub(super) fn whole(text: &str) -> Slot<i64> {
    if text == "-0" {
        return Slot::Wrong;
    }
    text.parse().map_or(Slot::Wrong, Slot::Is)
}
