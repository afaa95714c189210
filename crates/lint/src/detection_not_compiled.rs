//! A detection -> a reminder that no target holds it.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianPolicy;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "detection-not-compiled",
        title: "a detection compiles to nothing",
        severity: Severity::Note,
        explanation: "A GuardianPolicy is evaluated by the Console over events that sensors send. It is read and checked \
        here and listed in the manifest; neither Tetragon nor the native runtime gets anything of it, and nothing is \
        denied or killed because of it.\n\nWhat has to be stopped needs a profile, a rule or a guard as well.",
        fires: Example::Text(
            "kind: GuardianPolicy\n\
             name: a shell\n\
             match_event_kind: process_exec\n\
             match_process_pattern: /bin/sh\n\
             action: alert\n",
        ),
        silent: Example::Text("kind: EnforcementRule\nname: no modules\ntemplate: block-kmod-load\n"),
    },
    check: Check::Detection(check),
};

fn check(detection: &GuardianPolicy, sink: &mut Sink) {
    let message =
        format!("detection `{}` compiles to nothing: the Console evaluates it", detection.name.value);
    sink.report(Diagnostic::new(&LINT.code, detection.name.span, message));
}
