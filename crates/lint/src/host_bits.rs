//! A block with host bits -> the block it is read as.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "host-bits",
        title: "a block has bits set to the right of its prefix",
        severity: Severity::Warning,
        explanation: "`10.0.0.7/8` is read as `10.0.0.0/8`. Whoever wrote the address may have meant that one host.\n\nWrite \
        the network, or the bare address for one host.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_cidrs: [10.0.0.7/8]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_cidrs: [10.0.0.0/8]\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::cidrs(document).filter(|item| item.value.has_host_bits()) {
        let (written, network) = (item.value, item.value.network());
        let message = format!("`{written}` has host bits set and is read as `{network}`");
        let finding = Diagnostic::new(&LINT.code, item.span, message)
            .help(format!("write `{network}` for the network, or `{}` for the host", written.address()));
        sink.report(finding);
    }
}
