//! An exception whose last day is years away.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("exception_far_end.md")), check: Check::Document(check) };

/// Two years, one of which may be a leap year.
const LONGEST_DAYS: i32 = 731;

fn check(document: &Document, as_of: Date, sink: &mut Sink) {
    for expiry in super::list::exceptions(document).iter().filter_map(|exception| exception.expiry.as_ref()) {
        let days = expiry.value.days_since(as_of);
        if days > LONGEST_DAYS {
            let message = format!("this exception ends in {} years", days / 365);
            let help = "choose a day within two years, on which its owner looks at it again";
            sink.report(Diagnostic::new(&LINT.code, expiry.span, message).help(help));
        }
    }
}
