//! A list with port 0 -> a finding that no service listens there.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("port_zero.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::ports(document).filter(|item| item.value.first() == 0) {
        let message = format!("`{}` starts at port 0, on which no service listens", item.value);
        let found = Diagnostic::new(&LINT.code, item.span, message)
            .help("leave the list out to allow every port, or start at 1");
        sink.report(match (document, item.value.last()) {
            // An entry of a guard has a block before the ports.
            (Document::RuntimeGuard(_), _) => found,
            (_, 0) => found.fix_by(Fix::remove(Certainty::Guess, item.span)),
            (_, last) => found.fix_by(Fix::value(Certainty::Guess, item.span, format!("1-{last}"))),
        });
    }
}
