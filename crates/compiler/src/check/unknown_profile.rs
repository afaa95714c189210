//! A detection rule -> the profile it names, if there is one.

use super::{Check, Lint};
use crate::diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use std::collections::BTreeSet;

use crate::document::Document;
use crate::lower::Policy;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "unknown-profile",
        title: "a detection rule belongs to a profile that is not here",
        severity: Severity::Warning,
        explanation: "`profile` names the profile that a Guardian policy belongs to, by id or by name. None of the documents \
        has it.\n\nCorrect it, or add the profile to the repository.",
        fires: Example::Text(
            "kind: GuardianPolicy\n\
             name: root\n\
             profile: amff\n\
             match_uid: 0\n",
        ),
        silent: Example::Text(
            "kind: GuardianPolicy\n\
             name: root\n\
             profile: amf\n\
             match_uid: 0\n\
             ---\n\
             kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n",
        ),
    },
    check: Check::Policy(check),
};

fn check(policy: &Policy, sink: &mut Sink) {
    let mut known = BTreeSet::new();
    for placed in &policy.documents {
        if let Document::GuardianProfile(profile) = &placed.document {
            known.extend([profile.profile_id.value.as_str(), profile.name.value.as_str()]);
        }
    }
    for placed in &policy.documents {
        let Document::GuardianPolicy(detection) = &placed.document else { continue };
        let Some(profile) = detection.profile.as_ref().filter(|name| !known.contains(name.value.as_str()))
        else {
            continue;
        };
        let message = format!("no profile here has the id or name `{}`", profile.value);
        sink.report(
            Diagnostic::new(&LINT.code, profile.span, message).help("correct it, or add the profile"),
        );
    }
}
