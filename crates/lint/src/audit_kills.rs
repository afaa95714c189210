//! A profile in mode `audit` -> a reminder that it kills.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("audit_kills.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    if profile.mode.value != ProfileMode::Audit {
        return;
    }
    let message =
        format!("profile `{}` kills on every violation: `audit` does not only record", profile.name.value);
    sink.report(
        Diagnostic::new(&LINT.code, profile.mode.span, message)
            .help("write `mode: observe` to record, `mode: enforce` to deny before the fact"),
    );
}
