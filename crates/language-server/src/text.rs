//! The text of an open document, and edits of it.

use crate::position::{Encoding, Position, Range};

/// The text of an open document with the offsets of its lines.
///
/// A line ends with `\n`, `\r\n` or `\r`. An edit costs a copy of the text after it and a step for each line after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// Where each line starts, in bytes; the first is 0.
    line_starts: Vec<usize>,
    /// The most bytes that the text may have.
    limit: usize,
}

/// Why an edit was refused. The text is then unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text would be too long.
    #[error("the document would have {bytes} bytes, the most is {limit}")]
    TooLong {
        /// The bytes it would have.
        bytes: usize,
        /// The most it may have.
        limit: usize,
    },
    /// A line after the last.
    #[error("line {line} is after the end of the document, which has {lines} lines; lines count from 0")]
    NoLine {
        /// The line that was named, from 0.
        line: u32,
        /// How many lines there are.
        lines: usize,
    },
    /// A place between the bytes or the surrogates of a character.
    #[error("character {character} of line {line} is inside a character")]
    InsideCharacter {
        /// The line, from 0.
        line: u32,
        /// The units before the place.
        character: u32,
    },
    /// A range that ends before it starts.
    #[error("the range ends before it starts")]
    Reversed,
}

impl Text {
    /// Opens a text of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is longer.
    pub fn open(text: String, limit: usize) -> Result<Self, Refusal> {
        check_length(text.len(), limit)?;
        let line_starts = (0..=text.len()).filter(|at| is_line_start(text.as_bytes(), *at)).collect();
        Ok(Self { text, line_starts, limit })
    }

    /// Returns the same text with another limit, which edits from here on keep.
    #[must_use]
    pub fn limited(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Replaces a range.
    ///
    /// # Errors
    /// When a place does not exist or is inside a character, the range is reversed, or the text would be too long.
    pub fn replace(&mut self, range: Range, replacement: &str, encoding: Encoding) -> Result<(), Refusal> {
        let (start, end) = (self.offset(range.start, encoding)?, self.offset(range.end, encoding)?);
        if end < start {
            return Err(Refusal::Reversed);
        }
        check_length(self.text.len() - (end - start) + replacement.len(), self.limit)?;
        self.text.replace_range(start..end, replacement);
        // Whether a line starts at an offset depends on the bytes next to it: it can change from `start` to `end` only.
        let first = self.line_starts.partition_point(|at| *at < start);
        let after = self.line_starts.partition_point(|at| *at <= end);
        let new_end = start + replacement.len();
        for at in &mut self.line_starts[after..] {
            *at = *at - end + new_end;
        }
        let bytes = self.text.as_bytes();
        self.line_starts.splice(first..after, (start..=new_end).filter(|at| is_line_start(bytes, *at)));
        Ok(())
    }

    /// Returns the offset of a place. A character after the end of its line is the end, as the protocol says. The line
    /// after the last one, which editors name to replace everything, is the end of the text.
    ///
    /// # Errors
    /// When there is no such line, or the place is inside a character.
    pub fn offset(&self, position: Position, encoding: Encoding) -> Result<usize, Refusal> {
        let Position { line, character } = position;
        let (lines, index) = (self.line_starts.len(), line as usize);
        let Some(start) = self.line_starts.get(index) else {
            let is_end = index == lines && character == 0;
            return if is_end { Ok(self.text.len()) } else { Err(Refusal::NoLine { line, lines }) };
        };
        let content = self.content(index, *start);
        let bytes = encoding.bytes(content, character as usize);
        bytes.map(|bytes| start + bytes).ok_or(Refusal::InsideCharacter { line, character })
    }

    /// Returns the place of an offset; one inside a character or a line end is moved before it, one after the end of
    /// the text to its end.
    #[must_use]
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let index = self.line_starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.line_starts.get(index).copied().unwrap_or(0);
        let content = self.content(index, start);
        let before = &content[..content.floor_char_boundary(offset - start)];
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: narrow(index), character: narrow(encoding.length(before)) }
    }

    /// Returns a line without its end.
    fn content(&self, line: usize, start: usize) -> &str {
        let end = self.line_starts.get(line + 1).copied().unwrap_or(self.text.len());
        let whole = &self.text[start..end];
        let without = whole.strip_suffix('\n').unwrap_or(whole);
        without.strip_suffix('\r').unwrap_or(without)
    }
}

fn check_length(bytes: usize, limit: usize) -> Result<(), Refusal> {
    if bytes > limit { Err(Refusal::TooLong { bytes, limit }) } else { Ok(()) }
}

/// Returns whether a line starts at an offset.
fn is_line_start(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return true };
    match text.get(before) {
        Some(b'\n') => true,
        Some(b'\r') => text.get(at) != Some(&b'\n'),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
