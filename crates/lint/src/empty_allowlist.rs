//! An empty allowlist -> what it denies.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("empty_allowlist.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for (field, span, _) in
        super::list::allowlists(profile).into_iter().filter(|(_, _, entries)| *entries == 0)
    {
        let message = format!("`{field}` is empty: `{}` may not {}", profile.name.value, denied(field));
        sink.report(
            Diagnostic::new(&LINT.code, span, message)
                .help("list what is allowed, or remove the field to allow everything"),
        );
    }
}

/// Returns what a profile denies when this allowlist is empty.
fn denied(field: &str) -> &'static str {
    match field {
        "allowed_spawns" => "execute any program",
        "allowed_files" => "open any file",
        "allowed_capabilities" => "use any capability",
        _ => "connect anywhere",
    }
}
