//! Two exceptions of one document for the same processes.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("exception_duplicate.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    let exceptions = super::list::exceptions(document);
    for (position, later) in exceptions.iter().enumerate() {
        let patterns = |exception: &telovix_document::Exception| {
            let process = exception.process.as_ref().map(|pattern| pattern.value.clone());
            (process, exception.parent.as_ref().map(|pattern| pattern.value.clone()))
        };
        let Some(first) = exceptions[..position].iter().find(|first| patterns(first) == patterns(later))
        else {
            continue;
        };
        let found = Diagnostic::new(&LINT.code, later.span, "these processes are exempt already")
            .related(first.span, "by this exception")
            .help("remove one of them");
        let same_end =
            first.expiry.as_ref().map(|end| end.value) == later.expiry.as_ref().map(|end| end.value);
        // With another last day it may be the one that should stay.
        sink.report(if same_end {
            found.fix_by(Fix::remove(Certainty::SameMeaning, later.span))
        } else {
            found
        });
    }
}
