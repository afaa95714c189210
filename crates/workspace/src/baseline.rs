//! `telovix-baseline.yaml` at the root of a policy repository -> the findings that it accepts until they are corrected.
//!
//! ```text
//! field    the fields of the file
//! place    a finding -> where it is, without line numbers
//! read     the file -> entries
//! judge    findings and entries -> which are new, which are known, which entries are stale
//! revise   findings and entries -> the entries of tomorrow
//! write    entries -> the file
//! ```

mod field;
mod judge;
mod place;
mod read;
mod revise;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use telovix_diagnostic::Code;
use telovix_syntax::field::Record;

pub use crate::known::{Known, Origin};
pub use judge::{Accepts, Stale};
pub use place::Place;

/// The name of the file.
pub const BASELINE: &str = "telovix-baseline.yaml";

/// The fields of the file, for its schema.
pub static RECORD: &Record = &field::RECORD;

/// The codes of the baseline.
pub(crate) const CODES: &[&Code] = &[&STALE_BASELINE_ENTRY];

static STALE_BASELINE_ENTRY: Code = Code::page(include_str!("baseline/code/stale-baseline-entry.md"));

/// The findings that a repository had on some day. Only others fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Who accepts the entries without an origin of their own, when and why.
    origin: Arc<Origin>,
    entries: Vec<Entry>,
}

/// The verb that reports a finding. What `lint` does not report is no reason for it to call an entry stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// `lint` and `compile`.
    Lint,
    /// `check`, about the set of policies.
    Check,
}

/// Findings of one code at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    verb: Verb,
    place: Place,
    /// How many there are, at least 1.
    count: usize,
    origin: Arc<Origin>,
    /// The line of the entry in the file; 0 when it is not from a file.
    line: u32,
}

impl Verb {
    /// Both verbs.
    pub const ALL: [Self; 2] = [Self::Lint, Self::Check];

    /// Returns the name of the verb.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Check => "check",
        }
    }
}

impl Baseline {
    /// Returns a baseline without entries.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin: Arc::new(origin), entries: Vec::new() }
    }

    /// Returns how many findings it accepts.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// Returns how many findings it accepts, by code.
    #[must_use]
    pub fn by_code(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.place.code.clone()).or_default() += entry.count;
        }
        counts
    }

    /// Returns who accepts what has no origin of its own.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

#[cfg(test)]
mod tests;
