//! A detection rule without a condition -> what it does to every event.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianPolicy;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code::page(include_str!("detection_matches_everything.md")),
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
        format!("`{}` has no condition, so `{}` applies to every event", name.value, detection.action.name());
    sink.report(Diagnostic::new(&LINT.code, name.span, message).help("add a `match_…` field"));
}
