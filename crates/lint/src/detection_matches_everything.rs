//! A detection rule without a condition -> what it does to every event.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianPolicy;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "detection-matches-everything",
        title: "a detection rule has no condition",
        severity: Severity::Warning,
        explanation: "Conditions that are absent are not evaluated, so a Guardian policy without any matches every event. With \
        `action: kill_process` it queues every process of the fleet to be killed.\n\nGive at least one `match_…` \
        field.",
        fires: Example::Text(
            "kind: GuardianPolicy\n\
             name: everything\n\
             action: kill_process\n",
        ),
        silent: Example::Text(
            "kind: GuardianPolicy\n\
             name: root\n\
             match_uid: 0\n\
             action: alert\n",
        ),
    },
    check: Check::Detection(check),
};

fn check(detection: &GuardianPolicy, sink: &mut Sink) {
    let conditions = [
        detection.match_event_kind.is_some(),
        detection.match_process_pattern.is_some(),
        detection.match_parent_pattern.is_some(),
        detection.match_uid.is_some(),
        detection.match_dst_port.is_some(),
        detection.match_dst_ip_prefix.is_some(),
    ];
    if conditions.contains(&true) {
        return;
    }
    let name = &detection.name;
    let message =
        format!("`{}` has no condition, so every event gets `{}`", name.value, detection.action.name());
    sink.report(Diagnostic::new(&LINT.code, name.span, message).help("add a `match_…` field"));
}
