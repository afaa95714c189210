//! Findings and entries -> the entries of tomorrow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge::{Accepts, Stale};
use super::place::places;
use super::{Baseline, Entry, Origin, Verb};
use crate::findings::Findings;

impl Baseline {
    /// Removes what is not reported any more.
    pub fn prune(&mut self, stale: &[Stale]) {
        for (index, reported) in stale.iter().flat_map(|stale| &stale.entries) {
            if let Some(entry) = self.entries.get_mut(*index) {
                entry.count = *reported;
            }
        }
        self.entries.retain(|entry| entry.count > 0);
    }

    /// Adds the errors and warnings among `diagnostics`, which a run with this baseline reported as new.
    pub fn accept(&mut self, findings: &Findings, verb: Verb, origin: Origin) {
        let takes = Accepts::ErrorsAndWarnings;
        let new = findings.diagnostics.iter().filter(|finding| takes.takes(finding.severity));
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for place in places(findings, new) {
            *counts.entry(place).or_default() += 1;
        }
        let origin = if origin == *self.origin { Arc::clone(&self.origin) } else { Arc::new(origin) };
        let entry = |(place, count)| Entry { verb, place, count, origin: Arc::clone(&origin), line: 0 };
        self.entries.extend(counts.into_iter().map(entry));
        self.entries.sort_by(|left, right| {
            (&left.place, left.verb, &left.origin).cmp(&(&right.place, right.verb, &right.origin))
        });
    }
}
