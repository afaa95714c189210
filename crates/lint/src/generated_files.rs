//! A generated file list that is enforced -> what the event history does not contain.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("generated_files.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(files) = &profile.allowed_files else { return };
    if !profile.auto_generated || profile.mode.value == ProfileMode::Observe {
        return;
    }
    let message = format!(
        "`allowed_files` of `{}` was generated from history, which contains watched files only",
        profile.name.value
    );
    sink.report(
        Diagnostic::new(&LINT.code, files.span, message)
            .help("complete the list by hand and set `auto_generated: false`, or remove it"),
    );
}
