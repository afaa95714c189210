//! A reason of an exception that says nothing.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("vague_reason.md")), check: Check::Document(check) };

/// Words that stand where a reason should.
const WORDS: [&str; 14] = [
    "fix",
    "fixme",
    "n/a",
    "na",
    "needed",
    "none",
    "ok",
    "required",
    "tbd",
    "temp",
    "temporary",
    "test",
    "tmp",
    "todo",
];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for exception in super::list::exceptions(document) {
        let reason = exception.reason.value.trim().trim_end_matches(['.', '!']).to_lowercase();
        if WORDS.contains(&reason.as_str()) || !reason.contains(char::is_alphabetic) {
            let message = format!("`{}` does not say why the processes are exempt", exception.reason.value);
            let help = "write what they do that the rule denies, and for whom";
            sink.report(Diagnostic::new(&LINT.code, exception.reason.span, message).help(help));
        }
    }
}
