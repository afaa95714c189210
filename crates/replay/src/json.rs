//! One line of JSON -> the values that are asked for, with every other byte checked and skipped.
//!
//! This accepts exactly the texts that `serde_json` accepts, so that a line is malformed here when it is malformed
//! there. It is fast because what is not asked for is neither copied nor stored.

mod number;
mod pattern;
mod string;

use std::borrow::Cow;

pub(crate) use pattern::Pattern;

/// The line is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Nested deeper than this, a value is refused, as `serde_json` does.
const DEEPEST: u8 = 127;

/// A field of a record, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Slot<T> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// There, and of another type.
    Wrong,
    /// There.
    Is(T),
}

impl<T> Slot<T> {
    /// Returns the value, if it is there and of its type.
    pub(crate) fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

/// What a value is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Object,
    Array,
    Text,
    Number,
    /// `true`, `false`, `null`, or nothing that starts a value.
    Word,
}

/// A place in a line.
#[derive(Debug)]
pub(crate) struct Cursor<'line> {
    text: &'line str,
    /// What is left of the text.
    rest: &'line [u8],
    depth: u8,
}

impl<'line> Cursor<'line> {
    /// Starts at the first byte of a line.
    pub(crate) fn new(text: &'line str) -> Self {
        Self { text, rest: text.as_bytes(), depth: 0 }
    }

    /// Returns what the next value is.
    pub(crate) fn token(&mut self) -> Result<Token, NotJson> {
        Ok(match self.peek()? {
            b'{' => Token::Object,
            b'[' => Token::Array,
            b'"' => Token::Text,
            b'-' | b'0'..=b'9' => Token::Number,
            _ => Token::Word,
        })
    }

    /// Returns the line from here on.
    pub(crate) fn left(&self) -> &'line str {
        self.text.get(self.text.len() - self.rest.len()..).unwrap_or_default()
    }

    /// Returns whether nothing is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads an object and hands over each member with the cursor before its value, which `each` must take. Another
    /// value is skipped.
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), NotJson>,
    ) -> Result<Slot<()>, NotJson> {
        if self.peek()? != b'{' {
            return self.other();
        }
        self.enter()?;
        if self.closes(b'}')? {
            return Ok(Slot::Is(()));
        }
        loop {
            self.expect(b'"')?;
            let key = self.string()?;
            self.expect(b':')?;
            self.space();
            each(self, &key)?;
            if self.ends(b'}')? {
                return Ok(Slot::Is(()));
            }
        }
    }

    /// Reads an array and calls `each` with the cursor before every item. Another value is skipped.
    pub(crate) fn items(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), NotJson>,
    ) -> Result<Slot<()>, NotJson> {
        if self.peek()? != b'[' {
            return self.other();
        }
        self.enter()?;
        if self.closes(b']')? {
            return Ok(Slot::Is(()));
        }
        loop {
            self.space();
            each(self)?;
            if self.ends(b']')? {
                return Ok(Slot::Is(()));
            }
        }
    }

    /// Reads a string. Another value is skipped.
    pub(crate) fn text(&mut self) -> Result<Slot<Cow<'line, str>>, NotJson> {
        if self.peek()? != b'"' {
            return self.other();
        }
        self.advance();
        self.string().map(Slot::Is)
    }

    /// Reads a whole number, also one in a string, as 64-bit numbers are written. Another value is skipped.
    pub(crate) fn number(&mut self) -> Result<Slot<i64>, NotJson> {
        let first = self.peek()?;
        if first == b'"' {
            self.advance();
            let text = self.string()?;
            return Ok(text.parse().map_or(Slot::Wrong, Slot::Is));
        }
        if first == b'-' || first.is_ascii_digit() {
            let start = self.rest;
            self.skip_number()?;
            return Ok(number::whole(self.since(start)?));
        }
        self.other()
    }

    /// Skips any value, and checks it.
    pub(crate) fn skip(&mut self) -> Result<(), NotJson> {
        match self.peek()? {
            b'"' => {
                self.advance();
                self.skip_string()
            }
            b'{' => {
                self.enter()?;
                if self.closes(b'}')? {
                    return Ok(());
                }
                loop {
                    self.expect(b'"')?;
                    self.skip_string()?;
                    self.expect(b':')?;
                    self.space();
                    self.skip()?;
                    if self.ends(b'}')? {
                        return Ok(());
                    }
                }
            }
            b'[' => self.items(Self::skip).map(drop),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.skip_number(),
        }
    }

    /// Checks that nothing but space is left.
    pub(crate) fn finish(mut self) -> Result<(), NotJson> {
        self.space();
        if self.rest.is_empty() { Ok(()) } else { Err(NotJson) }
    }

    /// Skips a value that is not of the type that was asked for.
    fn other<T>(&mut self) -> Result<Slot<T>, NotJson> {
        let absent = self.peek()? == b'n';
        self.skip()?;
        Ok(if absent { Slot::Absent } else { Slot::Wrong })
    }

    /// Returns the first byte of the next token.
    #[inline]
    fn peek(&mut self) -> Result<u8, NotJson> {
        self.space();
        self.rest.first().copied().ok_or(NotJson)
    }

    #[inline]
    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Skips a byte that was looked at.
    #[inline]
    fn advance(&mut self) {
        if let [_, rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Returns the text from an earlier place to this one.
    #[inline]
    fn since(&self, start: &[u8]) -> Result<&'line str, NotJson> {
        let end = self.text.len().wrapping_sub(self.rest.len());
        let start = self.text.len().wrapping_sub(start.len());
        self.text.get(start..end).ok_or(NotJson)
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), NotJson> {
        if self.peek()? != wanted {
            return Err(NotJson);
        }
        self.advance();
        Ok(())
    }

    fn enter(&mut self) -> Result<(), NotJson> {
        self.advance();
        self.depth += 1;
        if self.depth > DEEPEST { Err(NotJson) } else { Ok(()) }
    }

    /// Returns whether an object or array is empty, and leaves it then.
    fn closes(&mut self, closing: u8) -> Result<bool, NotJson> {
        let empty = self.peek()? == closing;
        if empty {
            self.advance();
            self.depth -= 1;
        }
        Ok(empty)
    }

    /// Takes what follows a member or an item: the end, or a comma and so another one.
    #[inline]
    fn ends(&mut self, closing: u8) -> Result<bool, NotJson> {
        let found = self.peek()?;
        self.advance();
        if found == b',' {
            return Ok(false);
        }
        self.depth -= 1;
        if found == closing { Ok(true) } else { Err(NotJson) }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        self.rest = self.rest.strip_prefix(word.as_bytes()).ok_or(NotJson)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
