//! The codes of `telovix why`.

use telovix_diagnostic::Code;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNREADABLE_EVENTS, &INVALID_EVENT];

pub(super) static UNREADABLE_EVENTS: Code = Code::page(include_str!("code/unreadable-events.md"));

pub(super) static INVALID_EVENT: Code = Code::page(include_str!("code/invalid-event.md"));
