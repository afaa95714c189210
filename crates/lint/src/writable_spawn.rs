//! An allowed program in a writable place -> who decides what it is.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "writable-spawn",
        title: "an allowed program lies where anyone can write",
        severity: Severity::Warning,
        explanation: "What lies in `/tmp`, `/var/tmp`, `/dev/shm` or a home can be replaced by whoever can write there, so the \
        entry allows whatever they put in its place.\n\nInstall the program where only root can write, and allow \
        that path.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n\
             allowed_spawns: [/tmp/helper]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n\
             allowed_spawns: [/opt/amf/bin/helper]\n",
        ),
    },
    check: Check::Profile(check),
};

/// Places where others can write, and a file in each.
const WRITABLE: [(&str, &str); 5] = [
    ("/tmp/", "/tmp/x"),
    ("/var/tmp/", "/var/tmp/x"),
    ("/dev/shm/", "/dev/shm/x"),
    ("/run/user/", "/run/user/x"),
    ("/home/", "/home/x"),
];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    if profile.mode.value == ProfileMode::Observe {
        return;
    }
    for item in profile.allowed_spawns.iter().flat_map(|list| &list.items) {
        let lies_in = |(place, inside): &&(&str, &str)| {
            item.value.contains(inside) || item.value.stem().starts_with(place)
        };
        let Some((place, _)) = WRITABLE.iter().find(lies_in) else { continue };
        let message = format!("`{}` lies in `{place}`, where others can write", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("install the program where only root can write, and allow that path"),
        );
    }
}
