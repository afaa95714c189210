//! A profile that acts and lists nothing -> a profile without effect.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "profile-confines-nothing",
        title: "an acting profile has no dimension",
        severity: Severity::Warning,
        explanation: "A dimension that is absent is not confined. A profile in mode `audit` or `enforce` without any list \
        looks like enforcement and does nothing.\n\nAdd at least one list, or write `mode: observe`.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: observe\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let confines = !super::list::allowlists(profile).is_empty() || profile.blocked_syscalls.is_some();
    if confines || profile.mode.value == ProfileMode::Observe {
        return;
    }
    let message = format!(
        "profile `{}` says `{}` and lists nothing to confine",
        profile.name.value,
        profile.mode.value.name()
    );
    sink.report(
        Diagnostic::new(&LINT.code, profile.mode.span, message).help("add a list, or write `mode: observe`"),
    );
}
