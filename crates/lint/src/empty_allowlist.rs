//! An empty allowlist -> a question whether nothing was meant.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("empty_allowlist.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for (field, span, _) in
        super::list::allowlists(profile).into_iter().filter(|(_, _, entries)| *entries == 0)
    {
        let message = format!("`{field}` is empty, so `{}` may do nothing of the kind", profile.name.value);
        sink.report(
            Diagnostic::new(&LINT.code, span, message)
                .help("remove the field to leave the dimension unconfined, or list what is allowed"),
        );
    }
}
