//! One event against confinements -> a verdict, with its reason.
//!
//! What no confinement names is allowed; when several name an event, the strongest effect wins. A
//! field that the event lacks is unknown: where the outcome depends on it, the verdict says so and
//! tells the strongest effect that is possible.

mod condition;
mod event;
mod field;
mod index;
mod nearest;
mod subject;
mod truth;
mod verdict;
mod word;

pub use event::{Event, EventError};
pub use field::{Field, Fields};
pub use index::{Index, Opinion};
pub use nearest::{lists, nearest};
pub use verdict::{Decision, DocumentReport, Reason, Verdict, VerdictReport};

use crate::confine::Confinement;

/// Judges one event. For more than one, build an [`Index`] once.
#[must_use]
pub fn judge<'policy>(confinements: &'policy [Confinement], event: &Event) -> Verdict<'policy> {
    Index::new(confinements).judge(event)
}

#[cfg(test)]
mod tests;
