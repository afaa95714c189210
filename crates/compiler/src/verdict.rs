//! Findings about TracingPolicies -> for each document, whether Tetragon accepts it.
//!
//! The verdict is that of Tetragon's schema, of the rules in it, and of its selector encoder with its limits, and of what it
//! asks of hooks that the targets are known to have. It says nothing about severities: a policy that Tetragon loads and
//! misreads is accepted, and its findings are errors here.

use std::collections::BTreeMap;

use telovix_diagnostic::source::{SourceId, SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Treatment};
use telovix_document::FoundPolicy;

/// What Tetragon says to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It loads it.
    Accept,
    /// It refuses it.
    Reject,
}

/// A TracingPolicy and the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// The bytes of the whole document; of the first mistake, when it could not be parsed.
    pub span: Span,
    /// `metadata.name`, if it has one.
    pub name: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Verdict {
    /// Returns the word in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }
}

impl PolicyVerdict {
    fn contains(&self, span: Span) -> bool {
        self.span.source == span.source && self.span.start <= span.start && span.end <= self.span.end
    }
}

/// Returns the verdict on every TracingPolicy, by place. One that could not be parsed is recognised by its text.
#[must_use]
pub fn verdicts(found: &[FoundPolicy], findings: &[Diagnostic], sources: &SourceSet) -> Vec<PolicyVerdict> {
    let mut verdicts: Vec<PolicyVerdict> = found
        .iter()
        .map(|policy| PolicyVerdict {
            span: policy.span,
            name: policy.name.clone(),
            verdict: Verdict::Accept,
        })
        .collect();
    verdicts.sort_by_key(|policy| policy.span);
    let mut unparsed: BTreeMap<SourceId, Span> = BTreeMap::new();
    let rejections = findings.iter().filter(|finding| finding.tetragon == Treatment::Rejects);
    for span in rejections.filter_map(|finding| finding.span) {
        match position(&verdicts, span).and_then(|at| verdicts.get_mut(at)) {
            Some(policy) => policy.verdict = Verdict::Reject,
            None => {
                unparsed.entry(span.source).or_insert(span);
            }
        }
    }
    let meant =
        unparsed.into_iter().filter(|(id, _)| sources.get(*id).is_some_and(|source| is_meant(source.text())));
    verdicts.extend(meant.map(|(_, span)| PolicyVerdict { span, name: None, verdict: Verdict::Reject }));
    verdicts.sort_by_key(|policy| policy.span);
    verdicts
}

/// Returns the policy that a place is in, of policies ordered by place.
#[must_use]
pub fn containing(policies: &[PolicyVerdict], span: Span) -> Option<&PolicyVerdict> {
    position(policies, span).and_then(|at| policies.get(at))
}

fn position(policies: &[PolicyVerdict], span: Span) -> Option<usize> {
    // Documents do not overlap, so only the last that starts at the place or before it can contain it.
    let starts_before =
        |policy: &PolicyVerdict| (policy.span.source, policy.span.start) <= (span.source, span.start);
    let at = policies.partition_point(starts_before).checked_sub(1)?;
    policies.get(at).filter(|policy| policy.contains(span)).map(|_| at)
}

/// Returns whether a text that is no document was meant as a TracingPolicy: it says so, or it says nothing.
fn is_meant(text: &str) -> bool {
    let is_content =
        |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#') && *line != "---";
    let mut lines = text.lines().filter(is_content).peekable();
    let has_spec =
        |text: &str| ["metadata:", "spec:"].iter().all(|key| text.lines().any(|line| line.starts_with(key)));
    lines.peek().is_none() || lines.any(names_tetragon) || has_spec(text)
}

/// Returns whether a line is `kind: TracingPolicy` or has Tetragon's `apiVersion`, in YAML or JSON.
fn names_tetragon(line: &str) -> bool {
    let quotes = [' ', '\t', '"', '\'', ',', '{', '}', '-'];
    let Some((key, value)) = line.split_once(':') else { return false };
    let value = value.trim_matches(quotes);
    match key.trim_matches(quotes) {
        "kind" => value.starts_with("TracingPolicy"),
        "apiVersion" => value.starts_with("cilium.io/"),
        _ => false,
    }
}
