//! A detection -> a reminder that no target enforces it.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianPolicy;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("detection_not_compiled.md")), check: Check::Detection(check) };

fn check(detection: &GuardianPolicy, sink: &mut Sink) {
    let message = format!("detection `{}` is not compiled: the Console evaluates it", detection.name.value);
    sink.report(Diagnostic::new(&LINT.code, detection.name.span, message));
}
