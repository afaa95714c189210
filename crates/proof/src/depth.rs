//! How much of a translation is tried.

/// How much of a translation is tried. The choice depends on the policy only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every case.
    Whole,
    /// At most this many cases of each group of documents and operation, spread evenly over all of them.
    Sample(usize),
}

impl Depth {
    /// Returns which of `count` cases are tried.
    pub(super) fn chosen(self, count: usize) -> impl Iterator<Item = usize> {
        let step = match self {
            Self::Whole => 1,
            Self::Sample(most) => count.div_ceil(most.max(1)).max(1),
        };
        (0..count).step_by(step)
    }
}

#[cfg(test)]
mod tests {
    use super::Depth;

    #[test]
    fn a_sample_is_spread_and_the_whole_is_whole() {
        assert_eq!(Depth::Whole.chosen(5).count(), 5);
        assert_eq!(Depth::Sample(3).chosen(7).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(Depth::Sample(3).chosen(2).count(), 2);
        assert_eq!(Depth::Sample(0).chosen(4).count(), 1);
    }
}
