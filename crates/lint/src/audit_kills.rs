//! A profile in mode `audit` -> a reminder that it kills.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "audit-kills",
        title: "a profile in mode audit kills",
        severity: Severity::Note,
        explanation: "A Guardian profile in mode `audit` **kills** the process on every deviation. The same word in a runtime \
        guard means the opposite: there `audit` logs.\n\nUse `mode: observe` to look without touching, and \
        `audit` for a test of the process's life under the profile.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             allowed_dst_ports: [38412]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: observe\n\
             allowed_dst_ports: [38412]\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    if profile.mode.value != ProfileMode::Audit {
        return;
    }
    let message =
        format!("profile `{}` kills on every deviation: `audit` does not merely record", profile.name.value);
    sink.report(
        Diagnostic::new(&LINT.code, profile.mode.span, message)
            .help("write `mode: observe` to record, `mode: enforce` to deny before the fact"),
    );
}
