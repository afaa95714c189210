//! Pieces of bytes -> lines, however the pieces are cut, in bounded memory.

use memchr::memchr;

use crate::chunk::LONGEST_LINE;

/// What a piece of bytes gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'bytes> {
    /// A line without its line break.
    Whole(&'bytes [u8]),
    /// The last line of a file, which has no line break.
    Cut(&'bytes [u8]),
    /// A line with more than [`LONGEST_LINE`] bytes.
    TooLong,
}

/// Divides the bytes of one file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The start of a line whose end did not come yet.
    carry: Vec<u8>,
    /// Whether the line is too long, and its rest is skipped.
    skips: bool,
    /// The number of the last line, from 1.
    pub(super) number: u64,
}

impl Lines {
    /// Hands over every line that ends in these bytes.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(u64, Line<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            self.number += 1;
            if std::mem::take(&mut self.skips) || self.carry.len() + line.len() > LONGEST_LINE {
                each(self.number, Line::TooLong);
            } else if self.carry.is_empty() {
                each(self.number, Line::Whole(line));
            } else {
                self.carry.extend_from_slice(line);
                each(self.number, Line::Whole(&self.carry));
            }
            self.carry.clear();
        }
        if !self.skips {
            self.carry.extend_from_slice(bytes);
        }
        if self.carry.len() > LONGEST_LINE {
            self.skips = true;
            self.carry = Vec::new();
        }
    }

    /// Hands over what is left at the end of the file, and starts anew.
    pub(super) fn end(&mut self, mut each: impl FnMut(u64, Line<'_>)) {
        let ended = std::mem::take(self);
        if ended.skips {
            each(ended.number + 1, Line::TooLong);
        } else if !ended.carry.is_empty() {
            each(ended.number + 1, Line::Cut(&ended.carry));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST_LINE, Line, Lines};

    fn lines(pieces: &[&[u8]]) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let mut keep = |number, line: Line<'_>| {
            found.push((
                number,
                match line {
                    Line::Whole(bytes) | Line::Cut(bytes) => Some(bytes.to_vec()),
                    Line::TooLong => None,
                },
            ));
        };
        pieces.iter().for_each(|piece| lines.feed(piece, &mut keep));
        lines.end(&mut keep);
        found
    }

    #[test]
    fn a_line_of_100_megabytes_is_counted_and_not_kept() {
        let piece = vec![b'x'; 1 << 20];
        let mut pieces: Vec<&[u8]> = vec![b"a\n"];
        pieces.extend((0..100).map(|_| piece.as_slice()));
        pieces.push(b"\nb\n");
        let mut lines = super::Lines::default();
        let (mut numbers, mut most) = (Vec::new(), 0);
        for piece in pieces {
            lines.feed(piece, |number, line| numbers.push((number, line == Line::TooLong)));
            most = most.max(lines.carry.capacity());
        }
        assert_eq!(numbers, [(1, false), (2, true), (3, false)]);
        assert!(most < 3 * LONGEST_LINE, "{most}");
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_pieces(
            bytes in prop::collection::vec(prop_oneof![4 => Just(b'a'), 1 => Just(b'\n')], 0..200),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let expected: Vec<_> = (1..).zip(bytes.split(|byte| *byte == b'\n'))
                .map(|(number, line)| (number, Some(line.to_vec()))).collect();
            let mut found = lines(&pieces);
            // What follows the last line break is a line only if there is something.
            if found.len() < expected.len() {
                found.push((expected.len() as u64, Some(Vec::new())));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
