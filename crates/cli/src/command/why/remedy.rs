//! An event that policies stop -> the smallest edits that allow it, what else they allow, and what they would have changed.

use std::path::PathBuf;

use serde::Serialize;
use telovix_compare::{DifferenceReport, Side, compare};
use telovix_compiler::{Options, analyse};
use telovix_diagnostic::Severity;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_learn::{NotProposed, permit};
use telovix_policy::confine::Effect;
use telovix_policy::judge::{Event, Field, Index};
use telovix_replay::{Impact, Judge, Options as Scanning, Question, Source, find, scan};

use crate::command::impact::code::unreadable;
use crate::failure::Failure;

/// More edits are not made for one event: each takes away one confinement that stops it.
const MOST: usize = 16;

/// The smallest edits that allow an event.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Remedy {
    /// The edits, in the order in which they were found.
    pub(super) edits: Vec<Change>,
    /// Why there is none, or why the event is still stopped after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_proposed: Option<String>,
    /// The fields on which it depends after them whether another policy stops the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<&'static str>,
    /// What they change, in the format of `telovix diff`; the witnesses are events that they allow as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<DifferenceReport>,
    /// What they would have changed in the history given with `--history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<OfHistory>,
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Change {
    /// What it does.
    pub(in crate::command) what: String,
    /// The file and its first changed line.
    pub(in crate::command) source: String,
    /// The lines that it removes (`-`) and adds (`+`).
    pub(super) diff: Vec<String>,
}

/// What edits would have changed in a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OfHistory {
    /// Events that were read.
    pub(super) scanned_events: u64,
    /// Events that the policies affect without the edits.
    pub(super) affected_before: u64,
    /// Those that they do not affect any more.
    pub(super) no_longer_affected: u64,
    /// Events with another effect.
    pub(super) changed_effect: u64,
    /// Whether the history has lines or files that were not read.
    pub(super) is_incomplete: bool,
}

/// What remedies are computed from.
pub(super) struct Clinic<'run> {
    pub(super) sources: &'run SourceSet,
    pub(super) policy: &'run Policy,
    pub(super) options: &'run Options,
    history: Vec<Source>,
}

impl<'run> Clinic<'run> {
    /// Prepares to answer.
    ///
    /// # Errors
    /// When a history cannot be found.
    pub(super) fn new(
        sources: &'run SourceSet,
        policy: &'run Policy,
        options: &'run Options,
        history: &[PathBuf],
    ) -> Result<Self, Failure> {
        let history = if history.is_empty() {
            Vec::new()
        } else {
            find(history).map_err(|errors| unreadable(&errors))?
        };
        Ok(Self { sources, policy, options, history })
    }

    /// Returns the edits that allow an event that is stopped.
    pub(super) fn remedy(&self, event: &Event) -> Option<Remedy> {
        let verdict = Index::new(&self.policy.confinements).judge(event);
        // Whether an event with missing fields is stopped is not known, so neither is what would allow it.
        if verdict.effect == Effect::Allow || !verdict.depends_on.is_empty() {
            return None;
        }
        let mut remedy = Remedy {
            edits: Vec::new(),
            not_proposed: None,
            depends_on: Vec::new(),
            difference: None,
            history: None,
        };
        let files =
            self.sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().to_owned()));
        let mut state = SourceSet::new(files);
        let mut policy = self.policy.clone();
        for _ in 0..MOST {
            let verdict = Index::new(&policy.confinements).judge(event);
            if verdict.at_least == Effect::Allow {
                remedy.depends_on = verdict.depends_on.iter().map(Field::name).collect();
                break;
            }
            match permit(&policy, &state, &verdict, event) {
                Ok(found) => {
                    let (change, next) = apply(&state, &found.edits, found.what);
                    let analysis = analyse(&next, self.options);
                    if analysis.diagnostics.iter().any(|found| found.severity == Severity::Error) {
                        remedy.not_proposed = Some(NotProposed::Layout(change.what).to_string());
                        break;
                    }
                    remedy.edits.push(change);
                    (state, policy) = (next, analysis.policy);
                }
                Err(NotProposed::Allowed) => break,
                Err(problem) => {
                    remedy.not_proposed = Some(problem.to_string());
                    break;
                }
            }
        }
        if !remedy.edits.is_empty() {
            let before = Side::of_policy(self.policy, self.sources);
            let after = Side::of_policy(&policy, &state);
            let mut difference = compare(&before, &after).report(&before, &after);
            difference.subjects.retain(|subject| {
                !subject.witnesses.is_empty() || !subject.changes.is_empty() || subject.verdict != "equal"
            });
            remedy.difference = Some(difference);
            remedy.history = self.of_history(&policy, &state);
        }
        Some(remedy)
    }

    fn of_history(&self, policy: &Policy, sources: &SourceSet) -> Option<OfHistory> {
        if self.history.is_empty() {
            return None;
        }
        let question = Question {
            now: Judge::new(&policy.confinements, sources),
            before: Some(Judge::new(&self.policy.confinements, self.sources)),
        };
        let (tally, amount) = scan(&self.history, &question, Scanning::default());
        let impact = Impact::new(&tally, &amount, &question);
        let delta = impact.delta?;
        Some(OfHistory {
            scanned_events: impact.scanned_events,
            affected_before: delta.base_events,
            no_longer_affected: delta.no_longer_affected,
            changed_effect: delta.changed_effect,
            is_incomplete: impact.history.malformed > 0 || !impact.history.incomplete.is_empty(),
        })
    }
}

/// Applies edits of one file.
pub(in crate::command) fn apply(
    sources: &SourceSet,
    edits: &[telovix_diagnostic::Edit],
    what: String,
) -> (Change, SourceSet) {
    let changed = edits.first().map(|edit| edit.span.source);
    let mut change = Change { what, source: String::new(), diff: Vec::new() };
    let files: Vec<_> = sources
        .iter()
        .map(|(id, source)| {
            let mut text = source.text().to_owned();
            if Some(id) == changed {
                for edit in edits.iter().rev() {
                    let (start, end) = (edit.span.start as usize, edit.span.end as usize);
                    if text.get(start..end).is_some() {
                        text.replace_range(start..end, &edit.replacement);
                    }
                }
                let (line, diff) = diff(source.text(), &text);
                change.source = format!("{}:{line}", source.name());
                change.diff = diff;
            }
            (source.name().to_owned(), text)
        })
        .collect();
    (change, SourceSet::new(files))
}

/// Returns the first line that differs, and the lines that are removed and added.
fn diff(before: &str, after: &str) -> (usize, Vec<String>) {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[same..], &new[same..]);
    let rest = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let removed = old.iter().take(old.len() - rest).map(|line| format!("-{line}"));
    let added = new.iter().take(new.len() - rest).map(|line| format!("+{line}"));
    (same + 1, removed.chain(added).collect())
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(diff("a\nb\nc\n", "a\nx\ny\nc\n"), (2, ["-b", "+x", "+y"].map(str::to_owned).to_vec()));
        assert_eq!(diff("a\n", "a\na\n"), (2, vec!["+a".to_owned()]));
        assert_eq!(diff("a\nb\n", "b\n"), (1, vec!["-a".to_owned()]));
        assert_eq!(diff("a", "a"), (2, Vec::<String>::new()));
    }
}
