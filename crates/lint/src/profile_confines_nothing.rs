//! A profile in mode `audit` or `enforce` without a list -> a finding that it has no effect.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("profile_confines_nothing.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let confines = !super::list::allowlists(profile).is_empty() || profile.blocked_syscalls.is_some();
    if confines || profile.mode.value == ProfileMode::Observe {
        return;
    }
    let message = format!(
        "profile `{}` has mode `{}` but no list, so it confines nothing",
        profile.name.value,
        profile.mode.value.name()
    );
    sink.report(
        Diagnostic::new(&LINT.code, profile.mode.span, message).help("add a list, or write `mode: observe`"),
    );
}
