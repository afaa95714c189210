//! What can be wrong with a history, and with what it answers.

use telovix_compiler::diagnostic::{Code, Diagnostic, Example, Severity};
use telovix_replay::{Impact, SourceError};

use super::words::{events, lines};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Report;
use crate::page::page;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[
    &UNREADABLE_HISTORY,
    &INCOMPLETE_HISTORY,
    &NOT_A_HISTORY,
    &MALFORMED_HISTORY,
    &NO_DATA,
    &PROFILES_OBSERVE,
];

static UNREADABLE_HISTORY: Code = page(
    "unreadable-history",
    "a history cannot be read",
    "A file, a folder or a pattern of the history names nothing that may be read. Nothing is answered then: an answer \
     without one of the files would be taken for one with all of them.",
    "`telovix impact missing.log`",
    "`telovix impact /var/log/tetragon/tetragon.log`",
);

static INCOMPLETE_HISTORY: Code = page(
    "incomplete-history",
    "a history could not be read to its end",
    "A compressed file is cut or damaged, a disk failed, or a file became shorter while it was read. The answer is of \
     what came before that, and the command ends with 2, so that an answer with holes is not taken for a whole one.\n\n\
     Bytes that are added while a file is read are no such thing: a file is read up to the size it had at the start.",
    "`telovix impact tetragon.log.gz` of a download that was cut",
    "`telovix impact tetragon.log.gz`",
);

static NOT_A_HISTORY: Code = page(
    "not-a-history",
    "no line of the history is an event",
    "A history holds one JSON object on each line: what Tetragon exports, or events in the shape of \
     `schemas/event.json`, which is what `telovix events` prints. No line of all the files is one.",
    "`telovix impact README.md`",
    "`telovix impact tetragon.log`",
);

static MALFORMED_HISTORY: Code = Code {
    id: "malformed-history",
    title: "lines of a history cannot be read",
    severity: Severity::Warning,
    explanation: "A line is cut, is not JSON or UTF-8, is longer than 8 MiB, or is no event. Such lines are counted and \
                  passed over, and the first ones are shown. With `--strict` they are errors, and nothing is answered.",
    fires: Example::Situation("a line `{\"process_exec\":` that another program wrote into"),
    silent: Example::Situation("a file as Tetragon writes it"),
};

static NO_DATA: Code = page(
    "no-data",
    "the history has no event that the policies cover",
    "Not one event is of a binary and an operation that the policies confine. That tells nothing about what they would \
     do: no data is not safety. Usually no TracingPolicy hooks the operation, the history is of other hosts, or the \
     profiles only observe; `--enforced` judges as if they denied.\n\nThe command ends with 2.",
    "a history of `process_exec` events for a profile that confines files",
    "a history in which the binary of the profile opens files",
);

static PROFILES_OBSERVE: Code = Code {
    id: "profiles-observe",
    title: "profiles that only observe affect no event",
    severity: Severity::Note,
    explanation: "A profile with `mode: observe`, which is the default, compiles to nothing that acts, so no event is \
                  affected by it. `--enforced` judges as if every profile had `mode: enforce`, which is the question \
                  before a change of the mode.",
    fires: Example::Situation("`telovix impact tetragon.log` with a profile of `mode: observe`"),
    silent: Example::Situation("`telovix impact tetragon.log --enforced`"),
};

/// Returns the failure of arguments that name no history.
pub(super) fn unreadable(errors: &[SourceError]) -> Failure {
    let findings = errors.iter().map(|error| Diagnostic::new(&UNREADABLE_HISTORY, None, error.to_string()));
    Failure::because(Exit::CannotRun, Report::without_sources(findings.collect()))
}

/// Returns what there is to say about an answer.
pub(super) fn findings(impact: &Impact, observing: usize, strict: bool) -> Vec<Diagnostic> {
    let history = &impact.history;
    let mut findings = Vec::new();
    for file in history.incomplete.iter().filter(|file| file.lost) {
        let message = format!("`{}` was not read to its end: {}", file.file, file.problem);
        findings.push(
            Diagnostic::new(&INCOMPLETE_HISTORY, None, message).help("the answer is of what came before that"),
        );
    }
    let read = history.tetragon_events + history.telovix_events;
    let foreign = read == 0 && history.malformed > 0;
    if foreign {
        let message = format!("none of {} is an event", lines(history.lines));
        let expected = "expected what Tetragon exports, or what `telovix events` prints";
        findings.push(Diagnostic::new(&NOT_A_HISTORY, None, message).help(expected));
    }
    for problem in &history.problems {
        let message = format!("{} passed over: {}", lines(problem.lines), problem.problem);
        let mut finding = Diagnostic::new(&MALFORMED_HISTORY, None, message);
        if strict {
            finding.severity = Severity::Error;
        }
        for line in &problem.first {
            let text = if line.text.is_empty() { String::new() } else { format!(": {}", line.text) };
            finding = finding.help(format!("{}{text}", line.found));
        }
        findings.push(finding);
    }
    let lost = read == 0 && history.incomplete.iter().any(|file| file.lost);
    if !impact.has_data && !foreign && !lost {
        let message = match read {
            0 => "the history is empty".to_owned(),
            read => format!("none of {} is of a binary and an operation that the policies confine", events(read)),
        };
        let help = "no data is not safety: hook these operations and look again";
        findings.push(Diagnostic::new(&NO_DATA, None, message).help(help));
    }
    if observing > 0 {
        let profiles = if observing == 1 { "profile observes" } else { "profiles observe" };
        let message = format!("{observing} {profiles} only, and so no event is affected by that");
        let help = "`--enforced` judges as if `mode` were `enforce`";
        findings.push(Diagnostic::new(&PROFILES_OBSERVE, None, message).help(help));
    }
    findings
}
