//! A list of CIDR blocks with one that contains every address -> the dimension it leaves unconfined.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("cidr_any.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::allowed_cidrs(document).filter(|item| item.value.length() == 0) {
        let family = if item.value.address().is_ipv4() { "IPv4" } else { "IPv6" };
        let message = format!("`{}` contains every {family} address", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("name the networks it talks to, or leave the list out"),
        );
    }
}
