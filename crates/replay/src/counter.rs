//! Names -> how often each came, in bounded memory.

use rustc_hash::FxHashMap;

/// More names are kept in the order of their counts only.
const MOST: usize = 20_000;

/// Counts of names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counter {
    counts: FxHashMap<Box<str>, u64>,
    /// Counts of names that were dropped because there were too many.
    dropped: u64,
}

impl Counter {
    /// Counts a name once.
    pub(crate) fn add(&mut self, name: &str) {
        self.add_many(name, 1);
    }

    /// Counts a name several times.
    pub(crate) fn add_many(&mut self, name: &str, times: u64) {
        match self.counts.get_mut(name) {
            Some(count) => *count += times,
            None => {
                self.counts.insert(name.into(), times);
            }
        }
    }

    /// Notes that rare names are not known.
    pub(crate) fn lack(&mut self, dropped: u64) {
        self.dropped += dropped;
    }

    /// Adds the counts of what came next. The result depends on the order of the additions only where names were
    /// dropped.
    pub(crate) fn absorb(&mut self, next: Self) {
        self.dropped += next.dropped;
        if self.counts.is_empty() {
            self.counts = next.counts;
        } else {
            #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
            for (name, count) in next.counts {
                *self.counts.entry(name).or_default() += count;
            }
        }
        self.shrink();
    }

    /// Drops the rarest names if there are too many.
    pub(crate) fn shrink(&mut self) {
        if self.counts.len() > 2 * MOST {
            let kept = self.sorted();
            let rest = kept.iter().skip(MOST).map(|(_, count)| count).sum::<u64>();
            let kept = kept.into_iter().take(MOST).map(|(name, count)| (name.into(), count)).collect();
            self.dropped += rest;
            self.counts = kept;
        }
    }

    /// Returns the names, the most frequent first, and of equal ones by name.
    pub(crate) fn sorted(&self) -> Vec<(&str, u64)> {
        #[allow(clippy::iter_over_hash_type, reason = "sorted below")]
        let mut sorted: Vec<(&str, u64)> =
            self.counts.iter().map(|(name, count)| (&**name, *count)).collect();
        sorted.sort_unstable_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        sorted
    }

    /// Returns how many different names came, of those that were kept.
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns whether no name was dropped; otherwise small counts may be too small.
    pub(crate) fn is_exact(&self) -> bool {
        self.dropped == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, MOST};

    #[test]
    fn frequent_names_survive_any_number_of_rare_ones() {
        let mut counter = Counter::default();
        for round in 0..8 {
            let mut next = Counter::default();
            for rare in 0..MOST {
                next.add(&format!("{round}-{rare}"));
            }
            (0..50).for_each(|_| next.add("frequent"));
            counter.absorb(next);
        }
        assert_eq!(counter.sorted()[0], ("frequent", 400));
        assert!(counter.len() <= 2 * MOST && !counter.is_exact());
    }
}
