//! Decisions -> class numbers of one table, so that tables with the same structure are equal and stored once.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};
use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::Section;

use super::automaton::Values;
use super::set_table::SetTable;

/// The class numbers of one table. Class 0 is decision 0.
#[derive(Debug)]
pub(super) struct Classes<'sets> {
    sets: &'sets mut SetTable,
    decisions: Vec<u32>,
    numbers: FxHashMap<u32, u32>,
    /// The previous decision and its class: neighbours mostly have the same decision.
    last: (u32, u32),
}

impl<'sets> Classes<'sets> {
    pub(super) fn new(sets: &'sets mut SetTable) -> Self {
        Self { sets, decisions: Vec::new(), numbers: FxHashMap::default(), last: (0, 0) }
    }

    /// Returns the interned sets, to make decisions with.
    pub(super) fn sets(&mut self) -> &mut SetTable {
        self.sets
    }

    /// Returns the decisions of classes 1, 2, …
    pub(super) fn into_decisions(self) -> Vec<u32> {
        self.decisions
    }
}

impl Values for Classes<'_> {
    fn store(&mut self, decision: u32) -> u32 {
        if decision == self.last.0 {
            return self.last.1;
        }
        if decision == 0 {
            return 0;
        }
        let next = u32::try_from(self.decisions.len() + 1).unwrap_or(u32::MAX);
        let class = *self.numbers.entry(decision).or_insert(next);
        if class == next {
            self.decisions.push(decision);
        }
        self.last = (decision, class);
        class
    }

    fn join(&mut self, left: u32, right: u32) -> u32 {
        self.sets.union(left, right)
    }
}

/// Runs of records, shared by all domains that use them.
#[derive(Debug)]
pub(super) struct Runs<T> {
    records: Vec<T>,
    /// Start and length of known runs by their hash.
    known: FxHashMap<u64, Vec<(u32, u32)>>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { records: Vec::new(), known: FxHashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> Runs<T> {
    /// Returns the start and length of the run.
    pub(super) fn add(&mut self, run: &[T]) -> (u32, u32) {
        let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return (0, 0);
        }
        let candidates = self.known.entry(FxBuildHasher.hash_one(run)).or_default();
        let is_same = |(start, count): &&(u32, u32)| {
            let (start, count) = (*start as usize, *count as usize);
            self.records.get(start..start + count) == Some(run)
        };
        if let Some(known) = candidates.iter().find(is_same) {
            return *known;
        }
        let start = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.extend_from_slice(run);
        candidates.push((start, count));
        (start, count)
    }

    /// Returns all records.
    pub(super) fn records(&self) -> &[T] {
        &self.records
    }
}

impl Runs<u32> {
    /// Writes the runs as the classes map.
    pub(super) fn write(&self, sections: &mut Sections) {
        sections.extend(Section::Classes, self.records());
    }
}
