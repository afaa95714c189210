//! A profile of a shell, an interpreter or the loader -> everybody else it confines.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::program::runner;
use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "interpreter-profile",
        title: "a profile is about a program that runs other programs",
        severity: Severity::Warning,
        explanation: "The executable of a script is its interpreter. A profile of `/usr/bin/python3` confines every Python \
        program of the host, and a profile of a script confines nobody.\n\nGive the application an executable of \
        its own (a copied or compiled interpreter), or confine the service by other means.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: exporter\n\
             target_binary: /usr/bin/python3\n\
             mode: enforce\n\
             allowed_dst_ports: [9090]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n\
             allowed_dst_ports: [9090]\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let binary = &profile.target_binary;
    let Some(kind) = runner(binary.value.base_name()).filter(|_| profile.mode.value != ProfileMode::Observe)
    else {
        return;
    };
    let message = format!("`{}` is {}: the profile confines whatever it runs", binary.value, kind.name());
    sink.report(
        Diagnostic::new(&LINT.code, binary.span, message)
            .help("give the application an executable of its own, and name that"),
    );
}
