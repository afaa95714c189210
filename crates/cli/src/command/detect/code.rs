//! The findings about a policy and a stream.

use telovix_diagnostic::{Code, Diagnostic};
use telovix_policy::confine::DocumentReference;
use telovix_replay::detect::{Rules, Statistics};

use crate::command::impact::code::{foreign, incomplete, malformed};
use crate::command::impact::policy::Policy;
use crate::command::impact::words::events;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] =
    &[&NOTHING_TO_DETECT, &LIMIT_NOT_EVALUATED, &DETECTION_MAY_MATCH, &ONLY_DETECTIONS_WRITTEN];

/// No document has anything to judge by.
pub(super) static NOTHING_TO_DETECT: Code = Code::page(include_str!("code/nothing-to-detect.md"));
static LIMIT_NOT_EVALUATED: Code = Code::page(include_str!("code/limit-not-evaluated.md"));
static DETECTION_MAY_MATCH: Code = Code::page(include_str!("code/detection-may-match.md"));

static ONLY_DETECTIONS_WRITTEN: Code = Code::page(include_str!("code/only-detections-written.md"));

/// What is wrong with a policy that has nothing to detect.
pub(super) const NOTHING: &str = "the policies have no detection, and confine nothing";

/// Returns the findings about a policy that is going to judge a stream.
pub(super) fn before(rules: &Rules<'_>, policy: &Policy) -> Vec<Diagnostic> {
    let limit = |limit: telovix_replay::detect::Limit| {
        let message =
            format!("`{}` of `{}` at {} is not evaluated", limit.field, limit.process, limit.source);
        let help = "no event shows how much a process uses; limit its control group";
        Diagnostic::new(&LIMIT_NOT_EVALUATED, None, message).help(help)
    };
    let limits = rules.limits().into_iter().map(limit);
    let outside = policy.not_evaluated.iter().map(crate::command::impact::code::tracing_policy);
    limits.chain(outside).collect()
}

/// Returns a finding for each document that confines and is not counted in a table.
pub(super) fn not_counted(policy: &Policy) -> Vec<Diagnostic> {
    let help = "`telovix impact --source` asks about it";
    confining(policy, "counted", help)
}

/// Returns a finding for each document that confines and is written neither as Sigma nor as SQL.
pub(super) fn not_written(policy: &Policy) -> Vec<Diagnostic> {
    let help = "`telovix compile` writes what enforces it; `telovix detect` reports its violations, and \
                `telovix impact --print-sql` writes its query";
    confining(policy, "written", help)
}

fn confining(policy: &Policy, done: &str, help: &str) -> Vec<Diagnostic> {
    let mut confining: Vec<_> =
        policy.lowered.confinements.iter().map(|confinement| &confinement.document).collect();
    confining.sort();
    confining.dedup();
    let finding = |document: &std::sync::Arc<DocumentReference>| {
        let message = format!("{} `{}` is not {done}", document.kind.name(), document.name);
        Diagnostic::new(&ONLY_DETECTIONS_WRITTEN, None, message).help(help)
    };
    confining.into_iter().map(finding).collect()
}

/// Returns the findings about a stream that was read.
pub(super) fn after(statistics: &Statistics, strict: bool) -> Vec<Diagnostic> {
    let mut findings = incomplete(&statistics.incomplete);
    if statistics.total_events == 0 && statistics.malformed > 0 {
        findings.push(foreign(statistics.lines));
    }
    findings.extend(malformed(&statistics.problems, strict));
    if statistics.possible > 0 {
        let fields: Vec<_> = statistics
            .depends_on
            .iter()
            .map(|field| format!("`{}` ({})", field.value, field.events))
            .collect();
        let what = if statistics.possible == 1 { "a violation" } else { "violations" };
        let possible = events(statistics.possible);
        let message = format!("{possible} may be {what}, depending on missing fields: {}", fields.join(", "));
        let help = "`--possible` reports them";
        findings.push(Diagnostic::new(&DETECTION_MAY_MATCH, None, message).help(help));
    }
    findings
}
