//! A difference -> the JSON output of `diff`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use telovix_diagnostic::source::SourceSet;

use super::{Difference, Piece, Side, SubjectDifference};

/// The version of the JSON format.
const VERSION: u32 = 1;

/// A difference as `diff` prints it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DifferenceReport {
    /// The version of this format.
    pub version: u32,
    /// `equal`, `narrower`, `wider` or `incomparable`: what the second side allows, compared with the first.
    pub verdict: &'static str,
    /// Every document of either side.
    pub subjects: Vec<SubjectReport>,
}

/// The difference of one document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SubjectReport {
    /// The document's `kind`.
    pub kind: &'static str,
    /// The id in the product: of a profile, a rule, or the process name of a guard.
    pub profile_id: String,
    /// The name.
    pub name: String,
    /// The binary, or the process name of a guard; null when the document applies to every process.
    pub binary: Option<String>,
    /// As for the whole difference.
    pub verdict: &'static str,
    /// `added` or `removed` when only one side has the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<&'static str>,
    /// The file and line of the document on the first side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The file and line of the document on the second side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The added and removed entries, by dimension.
    pub changes: BTreeMap<&'static str, ChangeReport>,
    /// One event for each part that changed.
    pub witnesses: Vec<WitnessReport>,
    /// How many more parts changed than there are witnesses.
    #[serde(skip_serializing_if = "is_zero")]
    pub witnesses_left_out: usize,
    /// What decides changed events of a Tetragon policy that have no witness, and no event says: `matchPIDs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Whether the effect of a change is not computed: of a detection, or of a Tetragon policy that is invalid or too
    /// large to compare.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_computed: bool,
}

/// The added and removed entries of one dimension.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// Entries that only the second side has; `*` when a list was removed, so that everything is allowed; `(nothing)`
    /// when the list is empty, so that nothing is.
    pub added: Vec<String>,
    /// Entries that only the first side has; `*` when a list is new, so that not everything is allowed any more;
    /// `(nothing)` when the list was empty.
    pub removed: Vec<String>,
}

/// An event that the sides treat differently.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WitnessReport {
    /// The event, in the format of `schemas/event.json`.
    pub event: Value,
    /// Its effect on the first side.
    pub before: &'static str,
    /// Its effect on the second side.
    pub after: &'static str,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Difference<'_> {
    /// Returns the difference in the format of `diff --format json`.
    #[must_use]
    pub fn report(&self, before: &Side<'_>, after: &Side<'_>) -> DifferenceReport {
        DifferenceReport {
            version: VERSION,
            verdict: self.direction.name(),
            subjects: self
                .subjects
                .iter()
                .map(|subject| report(subject, before.sources(), after.sources()))
                .collect(),
        }
    }
}

fn report(
    subject: &SubjectDifference<'_>,
    old: Option<&SourceSet>,
    new: Option<&SourceSet>,
) -> SubjectReport {
    let piece = subject.piece().expect("at least one side has the document");
    let place = |piece: Option<&Piece<'_>>, sources: Option<&SourceSet>| Some(sources?.locate(piece?.span?));
    SubjectReport {
        kind: piece.kind,
        profile_id: piece.id.to_owned(),
        name: piece.name.to_owned(),
        binary: piece.binary.map(str::to_owned),
        verdict: subject.direction.name(),
        presence: match (subject.before, subject.after) {
            (None, Some(_)) => Some("added"),
            (Some(_), None) => Some("removed"),
            _ => None,
        },
        before: place(subject.before, old),
        after: place(subject.after, new),
        changes: subject
            .changes
            .iter()
            .map(|(dimension, change)| {
                let change = change.clone();
                (*dimension, ChangeReport { added: change.added, removed: change.removed })
            })
            .collect(),
        witnesses: subject
            .witnesses
            .iter()
            .map(|witness| WitnessReport {
                event: witness.event.to_json(),
                before: witness.before.name(),
                after: witness.after.name(),
            })
            .collect(),
        witnesses_left_out: subject.left_out,
        depends_on: subject.depends_on.clone(),
        not_computed: subject.is_opaque(),
    }
}
