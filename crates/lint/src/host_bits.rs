//! A block with host bits -> the block it is read as.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("host_bits.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::cidrs(document).filter(|item| item.value.has_host_bits()) {
        let (written, network) = (item.value, item.value.network());
        let message = format!("`{written}` has host bits set and is read as `{network}`");
        // Console conditions are not evaluated here, so nothing can show that they are the same.
        let certainty = match document {
            Document::GuardianPolicy(_) => Certainty::Meant,
            _ => Certainty::SameMeaning,
        };
        let finding = Diagnostic::new(&LINT.code, item.span, message)
            .help(format!("write `{network}` for the network, or `{}` for the host", written.address()));
        // An entry of a guard may have ports after the block.
        let finding = match document {
            Document::RuntimeGuard(_) => finding,
            _ => finding.fix_by(Fix::value(certainty, item.span, network.to_string())),
        };
        sink.report(finding);
    }
}
