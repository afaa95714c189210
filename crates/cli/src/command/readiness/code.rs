//! What keeps readiness from being judged at all.

use telovix_diagnostic::Code;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&NO_LADDER, &READ_ONCE, &UNKNOWN_SENSOR_STATE];

/// No document has a ladder.
pub(super) static NO_LADDER: Code = Code::page(include_str!("code/no-ladder.md"));
/// A history from a pipe, for several packs or profiles.
pub(super) static READ_ONCE: Code = Code::page(include_str!("code/history-read-once.md"));
/// A state that the Console does not report.
pub(super) static UNKNOWN_SENSOR_STATE: Code = Code::page(include_str!("code/unknown-sensor-state.md"));

/// What is wrong with a history from a pipe.
pub(super) const ONCE: &str = "standard input can be read once, and several packs or profiles are judged";
