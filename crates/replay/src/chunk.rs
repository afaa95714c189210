//! A stream -> pieces of whole lines, in bounded memory, cut at the same places however the stream gives its bytes.

mod buffer;

use std::io::{self, Read};

use memchr::{memchr, memrchr};

pub(crate) use buffer::Buffer;

/// What a piece holds at most, unless a single line is longer.
pub(crate) const PIECE: usize = 1 << 20;
/// A line with more bytes is counted and skipped.
pub(crate) const LONGEST_LINE: usize = 8 << 20;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Whole lines.
    Lines,
    /// Whole lines, of which the last is the last of the stream and has no line break.
    LastWithoutBreak,
    /// One line that is longer than [`LONGEST_LINE`], and nothing of it.
    TooLong,
}

/// Cuts a stream.
#[derive(Debug)]
pub(crate) struct Chunker<R> {
    reader: R,
    carry: Vec<u8>,
    ended: bool,
    broken: Option<io::Error>,
    piece: usize,
    longest: usize,
}

impl<R: Read> Chunker<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, carry: Vec::new(), ended: false, broken: None, piece: PIECE, longest: LONGEST_LINE }
    }

    /// Returns the stream.
    pub(crate) fn reader(&self) -> &R {
        &self.reader
    }

    /// Puts the next piece into `buffer`; none at the end.
    ///
    /// # Errors
    /// When the stream broke: after all the whole lines before that.
    pub(crate) fn next(&mut self, buffer: &mut Buffer) -> io::Result<Option<Piece>> {
        buffer.truncate(0);
        buffer.extend(&self.carry);
        self.carry.clear();
        let mut room = self.piece;
        loop {
            let known = buffer.bytes().len().min(room - self.piece);
            self.fill(buffer, room);
            let new = buffer.bytes().get(known..).unwrap_or_default();
            if let Some(last) = memrchr(b'\n', new) {
                // Only the first line of a piece can be longer than one.
                let first = memchr(b'\n', new).map_or(0, |first| known + first);
                if first > self.longest {
                    self.carry.extend_from_slice(buffer.bytes().get(first + 1..).unwrap_or_default());
                    buffer.truncate(0);
                    return Ok(Some(Piece::TooLong));
                }
                let end = known + last + 1;
                self.carry.extend_from_slice(buffer.bytes().get(end..).unwrap_or_default());
                buffer.truncate(end);
                return Ok(Some(Piece::Lines));
            }
            if buffer.bytes().len() > self.longest {
                self.pass_over(buffer);
                return Ok(Some(Piece::TooLong));
            }
            if let Some(error) = self.broken.take() {
                buffer.truncate(0);
                self.ended = true;
                return Err(error);
            }
            if self.ended {
                return Ok(if buffer.bytes().is_empty() { None } else { Some(Piece::LastWithoutBreak) });
            }
            room += self.piece;
        }
    }

    /// Reads until the buffer has `room` bytes, or to the end.
    fn fill(&mut self, buffer: &mut Buffer, room: usize) {
        if self.ended || self.broken.is_some() {
            return;
        }
        loop {
            let free = buffer.free(room);
            if free.is_empty() {
                return;
            }
            match self.reader.read(free) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(read) => buffer.written(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.broken = Some(error);
                    return;
                }
            }
        }
    }

    /// Skips the rest of a line.
    fn pass_over(&mut self, buffer: &mut Buffer) {
        loop {
            buffer.truncate(0);
            self.fill(buffer, self.piece);
            if let Some(end) = memchr(b'\n', buffer.bytes()) {
                self.carry.extend_from_slice(buffer.bytes().get(end + 1..).unwrap_or_default());
                break;
            }
            if self.ended || self.broken.is_some() {
                break;
            }
        }
        buffer.truncate(0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use proptest::prelude::*;

    use super::{Buffer, Chunker, Piece};

    /// Gives a few bytes at a time, and breaks at the end if told so.
    struct Trickle<'bytes>(&'bytes [u8], Vec<usize>, bool);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() && std::mem::take(&mut self.2) {
                return Err(io::Error::other("broken"));
            }
            let some = self.1.pop().unwrap_or(usize::MAX).clamp(1, buffer.len().max(1));
            self.1.insert(0, some);
            let (now, later) = self.0.split_at(some.min(self.0.len()));
            buffer[..now.len()].copy_from_slice(now);
            self.0 = later;
            Ok(now.len())
        }
    }

    /// Returns the pieces, with `None` for a line that is too long, and whether the stream broke.
    fn pieces(bytes: &[u8], steps: Vec<usize>, breaks: bool) -> (Vec<Option<Vec<u8>>>, bool) {
        let mut chunker = Chunker { piece: 16, longest: 40, ..Chunker::new(Trickle(bytes, steps, breaks)) };
        let mut buffer = Buffer::default();
        let mut pieces = Vec::new();
        let mut broken = false;
        loop {
            match chunker.next(&mut buffer) {
                Ok(Some(Piece::TooLong)) => pieces.push(None),
                Ok(Some(_)) => pieces.push(Some(buffer.bytes().to_vec())),
                Ok(None) => return (pieces, broken),
                Err(_) => broken = true,
            }
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![5 => Just(b'a'), 1 => Just(b'\n')], 0..400)
            .prop_flat_map(|bytes| (Just(bytes), prop::collection::vec((0_usize..400, 0_usize..90), 0..3)))
            .prop_map(|(mut bytes, long)| {
                for (at, length) in long {
                    let at = at.min(bytes.len());
                    bytes.splice(at..at, vec![b'b'; length]);
                }
                bytes
            })
    }

    proptest! {
        #[test]
        fn every_line_comes_once_and_whole(bytes in bytes(), steps in prop::collection::vec(1_usize..30, 1..5)) {
            let mut found = Vec::new();
            for piece in pieces(&bytes, steps, false).0 {
                match piece {
                    None => found.push(None),
                    Some(piece) => found.extend(piece.split_inclusive(|byte| *byte == b'\n').map(|line| Some(line.to_vec()))),
                }
            }
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let long = |line: &[u8]| line.strip_suffix(b"\n").unwrap_or(line).len() > 40;
            let expected: Vec<_> = lines.map(|line| (!long(line)).then(|| line.to_vec())).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn pieces_do_not_depend_on_how_bytes_arrive(bytes in bytes(), steps in prop::collection::vec(1_usize..30, 1..5)) {
            prop_assert_eq!(pieces(&bytes, steps, false), pieces(&bytes, vec![usize::MAX], false));
        }

        #[test]
        fn whole_lines_before_a_break_are_given(bytes in bytes()) {
            let (found, broken) = pieces(&bytes, vec![7], true);
            let whole = bytes.iter().filter(|byte| **byte == b'\n').count();
            let given: usize = found.iter().map(|piece| piece.as_ref().map_or(1, |piece| piece.iter().filter(|byte| **byte == b'\n').count())).sum();
            prop_assert!(given >= whole);
            let long_end = found.last() == Some(&None);
            prop_assert!(broken || long_end);
        }
    }
}
