//! Findings and entries -> which findings are known, which are new, and which entries are stale.

use std::collections::BTreeMap;

use telovix_diagnostic::{Diagnostic, Severity};

use super::place::places;
use super::{BASELINE, Baseline, Known, STALE_BASELINE_ENTRY, Verb};
use crate::findings::Findings;

/// Which findings a run accepts by the baseline. Notes need no accepting: they fail nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Errors and warnings: a run that only reports.
    ErrorsAndWarnings,
    /// Warnings: a run that writes artifacts. With an error no artifact would mean what its source says.
    Warnings,
}

/// Entries whose findings were not reported, or not as often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Index of the entry and how many of its findings were reported.
    pub(super) entries: Vec<(usize, usize)>,
}

impl Accepts {
    /// Returns whether a finding of this severity can be in a baseline.
    pub(super) fn takes(self, severity: Severity) -> bool {
        match severity {
            Severity::Note => false,
            Severity::Warning => true,
            Severity::Error => self == Self::ErrorsAndWarnings,
        }
    }
}

impl Baseline {
    /// Moves the findings that the baseline accepts from `diagnostics` to `known`, and returns the entries of the verb
    /// whose findings were not reported.
    pub fn judge(&self, findings: &mut Findings, verb: Verb, accepts: Accepts) -> Stale {
        let of_verb = |index: &usize| self.entries.get(*index).is_some_and(|entry| entry.verb == verb);
        let mut left: Vec<usize> = self.entries.iter().map(|entry| entry.count).collect();
        let mut by_place: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for index in (0..self.entries.len()).filter(of_verb) {
            by_place.entry(&self.entries[index].place).or_default().push(index);
        }
        let (mut new, mut known) = (Vec::new(), Vec::new());
        let all = std::mem::take(&mut findings.diagnostics);
        let candidates = |finding: &&Diagnostic| accepts.takes(finding.severity);
        let mut places = places(findings, all.iter().filter(candidates)).into_iter();
        for finding in all {
            let place = if accepts.takes(finding.severity) { places.next() } else { None };
            let entries = place.and_then(|place| by_place.get(&place));
            let entry = entries.into_iter().flatten().copied().find(|index| left[*index] > 0);
            match entry {
                Some(index) => {
                    left[index] -= 1;
                    known.push(Known { finding, origin: self.entries[index].origin.clone() });
                }
                None => new.push(finding),
            }
        }
        findings.diagnostics = new;
        findings.known.extend(known);
        let is_stale = |index: &usize| of_verb(index) && left[*index] > 0;
        let stale = (0..self.entries.len()).filter(is_stale);
        Stale { entries: stale.map(|index| (index, self.entries[index].count - left[index])).collect() }
    }

    /// Returns a finding for each stale entry. Without a span: a run has the policies as its sources, not this file.
    #[must_use]
    pub fn report(&self, stale: &Stale, shown_below: &str) -> Vec<Diagnostic> {
        let found = stale.entries.iter().filter_map(|(index, reported)| {
            let entry = self.entries.get(*index)?;
            let code = &entry.place.code;
            let at = match entry.place.file.as_str() {
                "" => String::new(),
                file => format!(" in `{file}`"),
            };
            let how_often = match reported {
                0 => format!("`{code}`{at} is not reported any more"),
                times => format!("`{code}`{at} is reported {times} of {} times", entry.count),
            };
            let message = format!("{how_often} ({shown_below}{BASELINE}:{})", entry.line);
            let finding = Diagnostic::new(&STALE_BASELINE_ENTRY, None, message);
            Some(finding.help("`telovix baseline --prune` removes what is not reported any more"))
        });
        found.collect()
    }
}
