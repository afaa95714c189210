//! The findings about a history, and about the answer it gives.

use telovix_diagnostic::{Code, Diagnostic, Severity};
use telovix_replay::{History, Impact, IncompleteFile, ProblemLines, SourceError};

use super::policy::{NotEvaluated, Policy};
use super::words::{events, lines};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Report;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[
    &UNREADABLE_HISTORY,
    &INCOMPLETE_HISTORY,
    &NOT_A_HISTORY,
    &MALFORMED_HISTORY,
    &NO_DATA,
    &PROFILES_OBSERVE,
    &POLICY_NOT_EVALUATED,
];

static UNREADABLE_HISTORY: Code = Code::page(include_str!("code/unreadable-history.md"));
static INCOMPLETE_HISTORY: Code = Code::page(include_str!("code/incomplete-history.md"));
static NOT_A_HISTORY: Code = Code::page(include_str!("code/not-a-history.md"));
static MALFORMED_HISTORY: Code = Code::page(include_str!("code/malformed-history.md"));
static NO_DATA: Code = Code::page(include_str!("code/no-data.md"));
static PROFILES_OBSERVE: Code = Code::page(include_str!("code/profiles-observe.md"));
static POLICY_NOT_EVALUATED: Code = Code::page(include_str!("code/policy-not-evaluated.md"));

/// Returns the failure of arguments that name no history.
pub(crate) fn unreadable(errors: &[SourceError]) -> Failure {
    let findings = errors.iter().map(|error| Diagnostic::new(&UNREADABLE_HISTORY, None, error.to_string()));
    Failure::because(Exit::CannotRun, Report::without_sources(findings.collect()))
}

/// Returns a finding for each file that was not read to its end.
pub(crate) fn incomplete(files: &[IncompleteFile]) -> Vec<Diagnostic> {
    let finding = |file: &IncompleteFile| {
        let message = format!("`{}` was not read to its end: {}", file.file, file.problem);
        let help = "the answer counts only the events before that point";
        Diagnostic::new(&INCOMPLETE_HISTORY, None, message).help(help)
    };
    files.iter().filter(|file| file.lost).map(finding).collect()
}

/// Returns the finding about a document whose selectors are not evaluated.
pub(in crate::command) fn tracing_policy(document: &NotEvaluated) -> Diagnostic {
    let NotEvaluated { name, source, .. } = document;
    let message = format!("`{name}` at {source} is not evaluated");
    let help = "test it in a running Tetragon before it enforces";
    Diagnostic::new(&POLICY_NOT_EVALUATED, None, message).help(help)
}

/// Returns the finding about lines of which none is an event.
pub(crate) fn foreign(count: u64) -> Diagnostic {
    let message = format!("none of {} is an event", lines(count));
    let expected =
        "expected events that Tetragon exports or `telovix events` prints, or a trace of `strace -f -ttt -y`";
    Diagnostic::new(&NOT_A_HISTORY, None, message).help(expected)
}

/// Returns a finding for each kind of malformed lines; an error if `strict`.
pub(crate) fn malformed(problems: &[ProblemLines], strict: bool) -> Vec<Diagnostic> {
    let finding = |problem: &ProblemLines| {
        let message = format!("{} skipped: {}", lines(problem.lines), problem.problem);
        let mut finding = Diagnostic::new(&MALFORMED_HISTORY, None, message);
        if strict {
            finding.severity = Severity::Error;
        }
        for line in &problem.first {
            let text = if line.text.is_empty() { String::new() } else { format!(": {}", line.text) };
            finding = finding.help(format!("{}{text}", line.found));
        }
        finding
    };
    problems.iter().map(finding).collect()
}

/// Returns the findings about the lines and files of a history.
pub(crate) fn of_reading(history: &History, strict: bool) -> Vec<Diagnostic> {
    let mut findings = incomplete(&history.incomplete);
    if is_foreign(history) {
        findings.push(foreign(history.lines));
    }
    findings.extend(malformed(&history.problems, strict));
    findings
}

/// Returns whether there are lines, and none of them is an event.
fn is_foreign(history: &History) -> bool {
    history.tetragon_events + history.telovix_events == 0 && history.malformed > 0
}

/// Returns the findings about an answer.
pub(super) fn findings(impact: &Impact, policy: &Policy, strict: bool) -> Vec<Diagnostic> {
    let history = &impact.history;
    let mut findings = of_reading(history, strict);
    let read = history.tetragon_events + history.telovix_events;
    let is_foreign = is_foreign(history);
    let lost = read == 0 && history.incomplete.iter().any(|file| file.lost);
    if !impact.has_data && !is_foreign && !lost {
        let message = match read {
            0 => "the history is empty".to_owned(),
            read => {
                format!("none of {} has a binary and an operation that the policies confine", events(read))
            }
        };
        let help = "no data does not mean no violations: hook these operations with a TracingPolicy and collect again";
        findings.push(Diagnostic::new(&NO_DATA, None, message).help(help));
    }
    if policy.observing > 0 {
        let (profiles, them) = if policy.observing == 1 {
            ("profile only observes", "it")
        } else {
            ("profiles only observe", "them")
        };
        let message = format!("{} {profiles}, so no event is affected by {them}", policy.observing);
        let help = "`--enforced` judges as if `mode` were `enforce`";
        findings.push(Diagnostic::new(&PROFILES_OBSERVE, None, message).help(help));
    }
    findings
}

/// Returns a finding for each document of a side that is not evaluated and whose hooks can see events of the history.
/// `side` is empty, or says that the document is one of the base.
pub(super) fn not_evaluated(impact: &Impact, policy: &Policy, side: &str) -> Vec<Diagnostic> {
    let seen = |document: &NotEvaluated| -> u64 {
        let operations = impact.confidence.operations.iter();
        let named = |name: &str| document.operations.iter().any(|operation| operation.name() == name);
        operations.filter(|seen| named(&seen.operation)).map(|seen| seen.events).sum()
    };
    let documents = policy.not_evaluated.iter().map(|document| (document, seen(document)));
    let finding = |(document, seen): (&NotEvaluated, u64)| {
        let NotEvaluated { name, source, .. } = document;
        let message =
            format!("`{name}` at {source}{side} is not evaluated: its effect on {} is unknown", events(seen));
        let help = "test it in a running Tetragon before it enforces";
        Diagnostic::new(&POLICY_NOT_EVALUATED, None, message).help(help)
    };
    documents.filter(|(_, seen)| *seen > 0).map(finding).collect()
}
