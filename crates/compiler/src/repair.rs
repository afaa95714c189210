//! Sources -> the same sources with the fixes of their findings, in rounds until nothing changes.
//!
//! A fix that is said to keep the meaning is checked: the policies before and after are compared.

use std::collections::{BTreeMap, BTreeSet};

use telovix_compare::{Direction, Side, compare};
use telovix_diagnostic::fix::apply::apply;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Certainty, Diagnostic};
use telovix_document::lower::Policy;

use crate::compile::{Options, Outcome, compile};

/// The most rounds. Each one removes at least every second of the findings that can be fixed, so lists with a million
/// entries need fewer.
const MOST_ROUNDS: usize = 32;

/// The result of fixing.
#[derive(Debug)]
pub struct Repaired {
    /// The sources, in the same order and with the same names.
    pub sources: SourceSet,
    /// How many findings of each code were fixed.
    pub fixed: BTreeMap<&'static str, usize>,
    /// The outcome of compiling the new sources; without artifacts if there is an error.
    pub outcome: Outcome,
}

/// A fix did what it must not do: a mistake in Telovix, not in the policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFix {
    /// The policies before and after differ, although each fix was to keep the meaning.
    #[error("a fix of {} was to keep the meaning, and changed it", listed(.codes))]
    ChangedMeaning {
        /// The codes of the fixes that were applied in that round.
        codes: BTreeSet<&'static str>,
    },
    /// A file could be parsed before and cannot be parsed after.
    #[error("after a fix of {}, `{name}` cannot be parsed", listed(.codes))]
    BrokeSyntax {
        /// The name of the source.
        name: String,
        /// The codes of the fixes that were applied in that round.
        codes: BTreeSet<&'static str>,
    },
}

fn listed(codes: &BTreeSet<&'static str>) -> String {
    codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

/// Applies every fix that is at least as certain as `least`. Fixes that keep the meaning are applied in rounds of their own,
/// after which the policies are compared; in a document with an error they wait until it has none.
///
/// # Errors
/// When a fix changes the meaning it was to keep, or breaks the syntax of a file.
pub fn repair(sources: SourceSet, options: &Options, least: Certainty) -> Result<Repaired, BadFix> {
    let mut fixed: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut sources = sources;
    let mut outcome = compile(&sources, options);
    let mut seen = BTreeSet::from([texts(&sources)]);
    for _ in 0..MOST_ROUNDS {
        let Some(round) = next_round(&outcome, least) else { break };
        let applied = apply(&sources, round.findings);
        let codes: BTreeSet<_> = applied.fixed.iter().map(|finding| finding.code.id).collect();
        let new_sources = applied.sources(&sources);
        if codes.is_empty() || !seen.insert(texts(&new_sources)) {
            break;
        }
        let new = compile(&new_sources, options);
        check_syntax(&sources, &outcome, &new, &codes)?;
        let is_same = |before, after| has_same_meaning((before, &sources), (after, &new_sources));
        if round.keeps_meaning && !is_same(&outcome.policy, &new.policy) {
            return Err(BadFix::ChangedMeaning { codes });
        }
        for finding in &applied.fixed {
            *fixed.entry(finding.code.id).or_default() += 1;
        }
        (sources, outcome) = (new_sources, new);
    }
    Ok(Repaired { sources, fixed, outcome })
}

/// The fixes of one round.
struct Round<'findings> {
    findings: Vec<&'findings Diagnostic>,
    keeps_meaning: bool,
}

/// Returns the fixes to apply next: first those that keep the meaning, then the others.
fn next_round(outcome: &Outcome, least: Certainty) -> Option<Round<'_>> {
    let is_wanted = |finding: &&Diagnostic| finding.fix.as_ref().is_some_and(|fix| fix.certainty >= least);
    let (same, others): (Vec<_>, Vec<_>) =
        outcome.diagnostics.iter().filter(is_wanted).partition(|finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.certainty == Certainty::SameMeaning)
        });
    let findings: Vec<_> = same.into_iter().filter(|finding| is_understood(finding, outcome)).collect();
    if !findings.is_empty() {
        return Some(Round { findings, keeps_meaning: true });
    }
    (!others.is_empty()).then_some(Round { findings: others, keeps_meaning: false })
}

/// Returns whether the document of a finding has a meaning that can be compared.
fn is_understood(finding: &Diagnostic, outcome: &Outcome) -> bool {
    let Some(span) = finding.span else { return false };
    let is_inside =
        |outer: Span| outer.source == span.source && outer.start <= span.start && span.end <= outer.end;
    let is_error = |other: &&Diagnostic| other.severity == telovix_diagnostic::Severity::Error;
    let of_source = |other: &&Diagnostic| other.span.is_some_and(|other| other.source == span.source);
    outcome.policy.documents.iter().any(|placed| is_inside(placed.document.span()))
        || !outcome.diagnostics.iter().filter(of_source).any(|other| is_error(&other))
}

/// Returns whether two policies treat every event alike.
fn has_same_meaning(before: (&Policy, &SourceSet), after: (&Policy, &SourceSet)) -> bool {
    let (old, new) = (Side::of_policy(before.0, before.1), Side::of_policy(after.0, after.1));
    before.0.documents.len() == after.0.documents.len() && compare(&old, &new).direction == Direction::Equal
}

fn check_syntax(
    sources: &SourceSet,
    before: &Outcome,
    after: &Outcome,
    codes: &BTreeSet<&'static str>,
) -> Result<(), BadFix> {
    let broken = |outcome: &Outcome| -> BTreeSet<_> {
        let unparsable = |found: &&Diagnostic| telovix_syntax::UNPARSABLE.contains(&found.code);
        outcome.diagnostics.iter().filter(unparsable).filter_map(|found| Some(found.span?.source)).collect()
    };
    match broken(after).difference(&broken(before)).next() {
        None => Ok(()),
        Some(id) => Err(BadFix::BrokeSyntax {
            name: sources.get(*id).map(|source| source.name().to_owned()).unwrap_or_default(),
            codes: codes.clone(),
        }),
    }
}

/// Returns the digest of all texts, to see whether fixes go in a circle.
fn texts(sources: &SourceSet) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    for (_, source) in sources.iter() {
        digest.update(source.text().len().to_le_bytes());
        digest.update(source.text());
    }
    digest.finalize().into()
}
