//! An exception without a last day.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("exception_without_end.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for exception in super::list::exceptions(document).iter().filter(|exception| exception.expiry.is_none()) {
        sink.report(
            Diagnostic::new(&LINT.code, exception.span, "this exception never ends")
                .help("add `expiry:` with the day on which somebody looks at it again"),
        );
    }
}
