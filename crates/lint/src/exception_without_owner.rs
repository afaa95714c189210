//! An exception nobody answers for -> a request to name somebody.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "exception-without-owner",
        title: "an exception has no owner",
        severity: Severity::Warning,
        explanation: "An exception is a hole somebody asked for. Without an owner nobody can be asked whether it is still \
        needed, and it stays for ever.\n\nAdd `owner:`, a person or a team; add `expiry:` where the need ends.",
        fires: Example::Text(
            "kind: EnforcementRule\n\
             name: no modules\n\
             template: block-kmod-load\n\
             exceptions:\n\
             \x20 - process: /usr/sbin/dkms\n\
             \x20   reason: driver build\n",
        ),
        silent: Example::Text(
            "kind: EnforcementRule\n\
             name: no modules\n\
             template: block-kmod-load\n\
             exceptions:\n\
             \x20 - process: /usr/sbin/dkms\n\
             \x20   reason: driver build\n\
             \x20   owner: platform\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for exception in super::list::exceptions(document).iter().filter(|exception| exception.owner.is_none()) {
        sink.report(
            Diagnostic::new(&LINT.code, exception.span, "this exception has no owner")
                .help("add `owner:`, a person or a team who answers for it"),
        );
    }
}
