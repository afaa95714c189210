//! A profile of a shell, an interpreter or the loader -> the other programs it confines.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::program::runner;
use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("interpreter_profile.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let binary = &profile.target_binary;
    let Some(kind) = runner(binary.value.base_name()).filter(|_| profile.mode.value != ProfileMode::Observe)
    else {
        return;
    };
    let message =
        format!("`{}` is {}: the profile confines every program it runs", binary.value, kind.name());
    sink.report(
        Diagnostic::new(&LINT.code, binary.span, message)
            .help("give the application its own executable, and name that"),
    );
}
