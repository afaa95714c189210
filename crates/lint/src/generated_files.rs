//! A generated file list that acts -> what history does not hold.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "generated-files",
        title: "a generated file list acts",
        severity: Severity::Warning,
        explanation: "Files in the event history are those of the watch list only; ordinary reads leave no event. An allowlist \
        generated from it lacks what the binary opens every day, and a profile that acts on it kills or denies \
        that.\n\nComplete `allowed_files` by hand, or leave the dimension out until it is complete.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             auto_generated: true\n\
             allowed_files: [/etc/amf]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: observe\n\
             auto_generated: true\n\
             allowed_files: [/etc/amf]\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(files) = &profile.allowed_files else { return };
    if !profile.auto_generated || profile.mode.value == ProfileMode::Observe {
        return;
    }
    let message = format!(
        "`allowed_files` of `{}` was generated from history that holds watched files only",
        profile.name.value
    );
    sink.report(
        Diagnostic::new(&LINT.code, files.span, message)
            .help("complete the list by hand and set `auto_generated: false`, or remove it"),
    );
}
