//! A list of blocks with one that holds every address -> the dimension it switches off.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "cidr-any",
        title: "an allowed block holds every address",
        severity: Severity::Warning,
        explanation: "`0.0.0.0/0` and `::/0` allow every destination of their family, so the list no longer confines \
        addresses.\n\nName the networks the function talks to, or leave the list out so that nobody takes it for \
        a limit.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_cidrs: [0.0.0.0/0]\n",
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
    for item in super::list::allowed_cidrs(document).filter(|item| item.value.length() == 0) {
        let family = if item.value.address().is_ipv4() { "IPv4" } else { "IPv6" };
        let message = format!("`{}` holds every {family} address", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("name the networks it talks to, or leave the list out"),
        );
    }
}
