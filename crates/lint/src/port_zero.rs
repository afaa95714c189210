//! A list with port 0 -> what nobody listens on.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "port-zero",
        title: "port 0 is listed",
        severity: Severity::Warning,
        explanation: "Nothing listens on port 0; in a socket call it stands for a port of the kernel's choice. In a list of \
        destinations it is a slip, mostly for 'any port'.\n\nLeave the list out to allow every port, or correct \
        the number. A range for every port starts at 1.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_ports: [0]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_ports: [1-1023]\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::ports(document).filter(|item| item.value.first() == 0) {
        let message = format!("`{}` starts at port 0, on which nothing listens", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("leave the list out to allow every port, or start at 1"),
        );
    }
}
