//! What was tried, and what came of it.

use std::collections::BTreeMap;

/// What was tried of a translation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// By the TracingPolicies that were emitted for Tetragon; empty without a Tetragon target.
    pub engine: Tally,
    /// By the image; empty without one.
    pub native: Tally,
}

/// What was tried of one backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Documents whose artifacts were read back.
    pub documents: usize,
    /// Documents that were left out of the sample.
    pub left_out: usize,
    /// Cases that the policy distinguishes.
    pub cases: usize,
    /// Cases that were tried.
    pub tried: usize,
    /// Tried cases that both sides decide, and decide the same.
    pub agreed: usize,
    /// Tried cases that the backend decides by something that no event tells, by what that is.
    pub undecided: BTreeMap<String, usize>,
    /// Undecided cases of which it is not known beforehand that no event decides them.
    pub unexplained: usize,
    /// Tried cases of which the backend is known to do less, by the bypass that the manifest lists.
    pub bypassed: BTreeMap<&'static str, usize>,
    /// Tried cases of which the backend is known to do more.
    pub stricter: BTreeMap<&'static str, usize>,
    /// Cases that were decided differently.
    pub different: usize,
    /// Operations of documents that distinguish too many cases to make.
    pub too_many: usize,
}

impl Tally {
    /// Returns the tried cases that are undecided.
    #[must_use]
    pub fn open(&self) -> usize {
        self.undecided.values().sum()
    }
}
