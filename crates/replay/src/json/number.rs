//! Numbers: their grammar, and the whole ones among them.

use super::{Cursor, NotJson, Slot};

/// A number of fewer digits and without an exponent has a finite value.
const SURELY_FINITE: usize = 300;

impl Cursor<'_> {
    /// Skips a number.
    pub(super) fn skip_number(&mut self) -> Result<(), NotJson> {
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
