//! What is said of one policy as a whole.

use crate::diagnostic::{Code, Example, Severity};

/// The codes this room reports.
pub(in crate::compare) const CODES: &[&Code] = &[&EXCEPTION_SWALLOWS, &REACHED_THROUGH_SPAWN];

pub(super) static EXCEPTION_SWALLOWS: Code = Code {
    id: "exception-swallows-document",
    title: "an exception lets out everybody its document speaks of",
    severity: Severity::Warning,
    explanation: "The patterns of the exception hold for every process the document could stop, so the document stops \
nobody. Reported by `telovix check`.",
    fires: Example::Situation(
        "a profile of `/opt/amf/bin/amf` with the exception `process: /opt/amf/`; see the test \
`an_exception_for_the_binary_swallows_its_profile`",
    ),
    silent: Example::Situation("the same profile with the exception `parent: /usr/sbin/sshd`"),
};

pub(super) static REACHED_THROUGH_SPAWN: Code = Code {
    id: "reached-through-spawn",
    title: "a process reaches through programs it may start what it may not do itself",
    severity: Severity::Note,
    explanation: "The profile denies the event, and a program that it may start, directly or through others, is let do \
it by its own profile. Whether that is the purpose of the program or a way around the profile is for a person to \
say. `children: inherit` closes the way. Reported by `telovix check`.",
    fires: Example::Situation(
        "an AMF without `/etc/shadow` that may start a helper with it; see the test \
`a_helper_reaches_further`",
    ),
    silent: Example::Situation("the same AMF with `children: inherit`"),
};
