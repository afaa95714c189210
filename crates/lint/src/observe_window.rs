//! A short observation window -> what it misses.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("observe_window.md")), check: Check::Profile(check) };

/// The recommended minimum.
const DAY: u32 = 24;

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(window) = profile.observation_window_hours.as_ref().filter(|window| window.value < DAY) else {
        return;
    };
    let message = format!("`{}` hours of history miss what happens once a day", window.value);
    sink.report(
        Diagnostic::new(&LINT.code, window.span, message)
            .help("use at least 24 hours (recommended: 24 to 72)"),
    );
}
