//! What is said of invariants.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this room reports.
pub(crate) const CODES: &[&Code] = &[&INVARIANT_BROKEN, &INVARIANT_WITHOUT_SUBJECT, &REQUIREMENT_MISSED];

pub(super) static INVARIANT_BROKEN: Code = Code {
    id: "invariant-broken",
    title: "a policy allows, or stops, what an invariant says it must not",
    severity: Severity::Error,
    explanation: "An invariant says what must `never` be allowed, or must `always` be. The finding shows one event for \
which that is not so, the demand, and the line of the policy that decides the event; where nothing confines the \
event, the name of the document that would have to.\n\nThe event is computed from the sets of the policy, not \
guessed: `telovix why` on it gives the same verdict. Everything that acts on the process counts, not its own \
document alone.\n\nChange the policy, narrow the subjects of the invariant, or change the invariant and say so in review.",
    fires: Example::Text(
        "kind: Invariant\n\
         name: no shells\n\
         reason: a shell is how an intruder stays\n\
         never:\n  exec: [/bin/sh]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_spawns: [/bin/]\n",
    ),
    silent: Example::Text(
        "kind: Invariant\n\
         name: no shells\n\
         reason: a shell is how an intruder stays\n\
         never:\n  exec: [/bin/sh]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_spawns: [/bin/logger]\n",
    ),
};

pub(super) static REQUIREMENT_MISSED: Code = Code {
    id: "requirement-missed",
    title: "a document lacks what an invariant requires",
    severity: Severity::Error,
    explanation: "An invariant with `require` says what documents must have: an owner on each exception, a role, a \
dimension. It is held against every profile and rule that is among its subjects.",
    fires: Example::Text(
        "kind: Invariant\n\
         name: exceptions have owners\n\
         reason: somebody has to be asked\n\
         require: [exception-owner]\n\
         ---\n\
         kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         exceptions: [{process: /usr/sbin/dkms, reason: driver build}]\n",
    ),
    silent: Example::Text(
        "kind: Invariant\n\
         name: exceptions have owners\n\
         reason: somebody has to be asked\n\
         require: [exception-owner]\n\
         ---\n\
         kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         exceptions: [{process: /usr/sbin/dkms, reason: driver build, owner: platform}]\n",
    ),
};

pub(super) static INVARIANT_WITHOUT_SUBJECT: Code = Code {
    id: "invariant-without-subject",
    title: "an invariant speaks of no document",
    severity: Severity::Warning,
    explanation: "No profile, guard or rule meets the conditions under `subjects`, so the invariant holds whatever the \
policies say. A mistyped role or path looks exactly like this.",
    fires: Example::Text(
        "kind: Invariant\n\
         name: no shells\n\
         reason: a shell is how an intruder stays\n\
         subjects: {roles: [amff]}\n\
         never:\n  exec: [/bin/sh]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         target_nf_role: amf\n\
         mode: enforce\n\
         allowed_spawns: []\n",
    ),
    silent: Example::Text(
        "kind: Invariant\n\
         name: no shells\n\
         reason: a shell is how an intruder stays\n\
         subjects: {roles: [amf]}\n\
         never:\n  exec: [/bin/sh]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         target_nf_role: amf\n\
         mode: enforce\n\
         allowed_spawns: []\n",
    ),
};
