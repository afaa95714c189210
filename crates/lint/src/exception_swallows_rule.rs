//! An exception that exempts every process -> a document that confines none.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{Document, Exception};
use telovix_policy::value::Children;
use telovix_policy::value::PathPattern;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code::page(include_str!("exception_swallows_rule.md")),
    check: Check::Document(|document, _as_of, sink| look(document, sink)),
};

pub(super) fn look(document: &Document, sink: &mut Sink) {
    for exception in super::list::exceptions(document) {
        let exempt = match document {
            Document::GuardianProfile(profile)
                if profile.children.value == Children::Leave
                    && exempts(exception, |pattern| {
                        pattern.contains(profile.target_binary.value.as_str())
                    }) =>
            {
                format!("`{}`, the only binary this profile confines", profile.target_binary.value)
            }
            _ if exempts(exception, is_everything) => "every process".to_owned(),
            _ => continue,
        };
        sink.report(
            Diagnostic::new(&LINT.code, exception.span, format!("this exception exempts {exempt}"))
                .help("narrow it, or write `enabled: false` or `mode: observe` if this is intended"),
        );
    }
}

/// Returns whether the process pattern meets the condition and the parent pattern, if any, matches every parent.
fn exempts(exception: &Exception, process: impl Fn(&PathPattern) -> bool) -> bool {
    exception.process.as_ref().is_none_or(|pattern| process(&pattern.value))
        && exception.parent.as_ref().is_none_or(|pattern| is_everything(&pattern.value))
}

fn is_everything(pattern: &PathPattern) -> bool {
    pattern.contains("/x") && pattern.contains("/usr/bin/x")
}
