//! An allowed program in a writable folder -> a finding that others can replace it.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("writable_spawn.md")), check: Check::Profile(check) };

/// Folders that other users can write to, and a file in each.
const WRITABLE: [(&str, &str); 5] = [
    ("/tmp/", "/tmp/x"),
    ("/var/tmp/", "/var/tmp/x"),
    ("/dev/shm/", "/dev/shm/x"),
    ("/run/user/", "/run/user/x"),
    ("/home/", "/home/x"),
];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    if profile.mode.value == ProfileMode::Observe {
        return;
    }
    for item in profile.allowed_spawns.iter().flat_map(|list| &list.items) {
        let lies_in = |(place, inside): &&(&str, &str)| {
            item.value.contains(inside) || item.value.stem().starts_with(place)
        };
        let Some((place, _)) = WRITABLE.iter().find(lies_in) else { continue };
        let message = format!("`{}` is in `{place}`, where other users can write", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("install the program where only root can write, and allow that path"),
        );
    }
}
