//! A short observation window -> what it will not have seen.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("observe_window.md")), check: Check::Profile(check) };

/// What the product advises at least.
const DAY: u32 = 24;

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(window) = profile.observation_window_hours.as_ref().filter(|window| window.value < DAY) else {
        return;
    };
    let message = format!("`{}` hours of history lack what happens once a day", window.value);
    sink.report(
        Diagnostic::new(&LINT.code, window.span, message).help("write 24 or more; 24 to 72 is the advice"),
    );
}
