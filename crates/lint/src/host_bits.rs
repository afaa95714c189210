//! A block with host bits -> the block it is read as.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("host_bits.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::cidrs(document).filter(|item| item.value.has_host_bits()) {
        let (written, network) = (item.value, item.value.network());
        let message = format!("`{written}` has host bits set and is read as `{network}`");
        let finding = Diagnostic::new(&LINT.code, item.span, message)
            .help(format!("write `{network}` for the network, or `{}` for the host", written.address()));
        sink.report(finding);
    }
}
