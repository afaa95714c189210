//! A short observation window -> what it will not have seen.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "observe-window",
        title: "the observation window is short",
        severity: Severity::Warning,
        explanation: "Allowlists generated from less than a day of history lack what happens once a day: log rotation, \
        certificate renewal, backups. The product advises 24 to 72 hours.\n\nRaise `observation_window_hours` to \
        24 or more.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             observation_window_hours: 2\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             observation_window_hours: 48\n",
        ),
    },
    check: Check::Profile(check),
};

/// What the product advises at least.
const DAY: u32 = 24;

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(window) = profile.observation_window_hours.as_ref().filter(|window| window.value < DAY) else {
        return;
    };
    let message = format!("`{}` hours of history lack what happens once a day", window.value);
    sink.report(
        Diagnostic::new(&LINT.code, window.span, message).help("write 24 or more; 24 to 72 is the advice"),
    );
}
