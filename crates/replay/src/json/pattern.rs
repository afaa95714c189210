//! A text that is compared with what comes next in a line, 32 bytes at a time.

use wide::u8x16;

use super::Cursor;

const HALF: usize = 16;
const BLOCK: usize = 2 * HALF;

/// A text to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    /// The first bytes, and which of them the text has.
    first: [[u8; HALF]; 2],
    used: u32,
    length: usize,
    /// The text.
    whole: Box<[u8]>,
}

impl Pattern {
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut first = [[0; HALF]; 2];
        first.as_flattened_mut().iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        let used = u32::MAX.checked_shr(u32::try_from(BLOCK.saturating_sub(text.len())).unwrap_or(0));
        Self { first, used: used.unwrap_or(0), length: text.len(), whole: text.into() }
    }
}

impl Cursor<'_> {
    /// Goes past a text if it comes next.
    #[inline]
    pub(crate) fn take(&mut self, pattern: &Pattern) -> bool {
        let Some((block, _)) = self.rest.split_first_chunk::<BLOCK>() else {
            return self.take_whole(pattern);
        };
        let (halves, _) = block.as_chunks::<HALF>();
        let equal =
            |half: &[u8; HALF], with: &[u8; HALF]| u8x16::new(*half).simd_eq(u8x16::new(*with)).to_bitmask();
        let [low, high] = halves else { return false };
        let equal = equal(low, &pattern.first[0]) | equal(high, &pattern.first[1]) << HALF;
        if !equal & pattern.used != 0 {
            return false;
        }
        if pattern.length > BLOCK {
            return self.take_whole(pattern);
        }
        self.rest = self.rest.get(pattern.length..).unwrap_or_default();
        true
    }

    fn take_whole(&mut self, pattern: &Pattern) -> bool {
        let rest = self.rest.strip_prefix(&*pattern.whole);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cursor, Pattern};

    proptest! {
        #[test]
        fn a_pattern_is_taken_where_the_line_starts_with_it(line in "[ab]{0,80}", at in 0_usize..80, other in "[ab]{0,3}") {
            let text = format!("{}{other}", &line[..at.min(line.len())]);
            let mut cursor = Cursor::new(&line);
            let taken = cursor.take(&Pattern::new(text.as_bytes()));
            prop_assert_eq!(taken.then(|| cursor.left()), line.strip_prefix(&*text));
        }
    }
}
