//! A seed -> numbers, the same for the same seed.

/// A SplitMix64 sequence.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// As [`Random::new`], with nothing in common between seeds that are next to each other.
    pub(super) fn mixed(seed: u64) -> Self {
        Self(Self::new(seed).next())
    }

    /// Returns the next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Returns a number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }

    /// Returns a number from `first` up to and without `end`.
    pub(super) fn between(&mut self, first: usize, end: usize) -> usize {
        first + self.below(end - first)
    }

    /// Returns a number below `end`, small ones far more often than large ones.
    pub(super) fn skewed(&mut self, end: usize) -> usize {
        let share = self.below(1_000_000) as f64 / 1e6;
        let skewed = ((end as f64 + 1.0).powf(share) - 1.0) as usize;
        skewed.min(end.saturating_sub(1))
    }

    /// Returns letters and digits of an alphabet.
    pub(super) fn word(&mut self, alphabet: &str, letters: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..letters).filter_map(|_| alphabet.get(self.below(alphabet.len())).copied()).collect()
    }
}
