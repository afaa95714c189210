//! A detection rule -> a finding if it names an unknown profile.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};

use super::{Check, Lint};
use std::collections::BTreeSet;

use telovix_document::Document;
use telovix_document::lower::Policy;
use telovix_syntax::nearest;

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("unknown_profile.md")), check: Check::Policy(check) };

fn check(policy: &Policy, sink: &mut Sink) {
    let named = policy.documents.iter().filter_map(|placed| match &placed.document {
        Document::GuardianPolicy(detection) => detection.profile.as_ref(),
        _ => None,
    });
    let mut named = named.peekable();
    // Most repositories have no detection, and many profiles.
    if named.peek().is_none() {
        return;
    }
    let mut known = BTreeSet::new();
    for placed in &policy.documents {
        if let Document::GuardianProfile(profile) = &placed.document {
            known.extend([profile.profile_id.value.as_str(), profile.name.value.as_str()]);
        }
    }
    for profile in named.filter(|profile| !known.contains(profile.value.as_str())) {
        let message = format!("no profile has the id or name `{}`", profile.value);
        let found = Diagnostic::new(&LINT.code, profile.span, message);
        sink.report(match nearest(&profile.value, known.iter().copied()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix_by(Fix::value(
                Certainty::Guess,
                profile.span,
                near,
            )),
            None => found.help("correct it, or add the profile"),
        });
    }
}
