//! What is said of one policy as a whole.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this room reports.
pub(crate) const CODES: &[&Code] = &[&EFFECTS_DISAGREE, &REACHED_THROUGH_SPAWN];

pub(super) static EFFECTS_DISAGREE: Code = Code {
    id: "effects-disagree",
    title: "two documents say different things of one event",
    severity: Severity::Note,
    explanation: "One document gives the event a weaker effect, or lists it as allowed, and another a stronger one. The \
strongest effect wins, so what the first one says does not show there. That is often meant: a rule for the whole fleet \
stands above the profile of one binary. Where it is not, narrow the stronger document or give it an exception. Reported \
by `telovix check`, once for each pair of documents and operation, with an event.",
    fires: Example::Situation(
        "a profile that lists `/tmp/helper` beside the rule `block-execve-tmp`; see the test \
`a_rule_stands_above_a_list`",
    ),
    silent: Example::Situation("the same profile with `/usr/bin/helper` beside the rule"),
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
