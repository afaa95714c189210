//! What can be wrong with events.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNREADABLE_EVENTS, &INVALID_EVENT];

pub(super) static UNREADABLE_EVENTS: Code = Code {
    id: "unreadable-events",
    title: "the events cannot be read",
    severity: Severity::Error,
    explanation: "The file of events does not exist or may not be read.",
    fires: Example::Situation("`telovix why missing.ndjson`"),
    silent: Example::Situation("`telovix why - < events.ndjson`"),
};

pub(super) static INVALID_EVENT: Code = Code {
    id: "invalid-event",
    title: "a line is not an event",
    severity: Severity::Error,
    explanation: "An event is one JSON object on one line, with at least `operation`; `schemas/event.json` has the \
                  fields of each operation. A key that stands twice in an object, an empty list of accesses and a line of \
                  more than 1 MiB are refused too; blank lines are passed over. The other lines are judged; the command \
                  ends with 2, so that an answer with holes is not taken for a whole one. With `--format json` the line \
                  is answered by `{\"error\": {\"code\": \"invalid-event\", \"line\": 3, \"message\": ...}}`.",
    fires: Example::Situation("`{\"operation\": \"fly\"}`"),
    silent: Example::Situation("`{\"operation\": \"exec\", \"binary\": \"/opt/amf/bin/amf\", \"path\": \"/bin/sh\"}`"),
};
