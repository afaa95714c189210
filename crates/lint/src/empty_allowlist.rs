//! An empty allowlist -> a question whether nothing was meant.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "empty-allowlist",
        title: "an allowlist is empty, so it allows nothing",
        severity: Severity::Note,
        explanation: "A dimension that is present confines, and `[]` allows nothing at all: no program, no file, no \
        destination. A dimension that is absent is not confined.\n\nIf nothing was meant, all is well; if the \
        list was only not filled yet, remove the field.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n\
             allowed_spawns: []\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: enforce\n\
             allowed_spawns: [/usr/bin/logger]\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for (field, span, _) in
        super::list::allowlists(profile).into_iter().filter(|(_, _, entries)| *entries == 0)
    {
        let message = format!("`{field}` is empty, so `{}` may do nothing of the kind", profile.name.value);
        sink.report(
            Diagnostic::new(&LINT.code, span, message)
                .help("remove the field to leave the dimension unconfined, or list what is allowed"),
        );
    }
}
