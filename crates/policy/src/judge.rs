//! One event against confinements -> a verdict, with its reason.
//!
//! An event that no confinement matches is allowed; when several match it, the strongest effect wins. A
//! field that the event lacks is unknown: the verdict is the one that all events with that field filled in
//! share, and if there is none, the verdict is unknown, with a range of effects and the fields it depends on.

mod completion;
mod condition;
mod event;
mod field;
mod index;
mod nearest;
mod subject;
mod truth;
mod verdict;
mod word;

pub use completion::{Completions, Spread};
pub use event::{Event, EventError};
pub use field::{Field, Fields};
pub use index::{Index, Opinion};
pub use nearest::{lists, nearest};
pub use verdict::{
    Decision, DetectionReport, DocumentReport, NotEvaluated, Reason, UNKNOWN, Verdict, VerdictReport,
};

use crate::confine::Confinement;

/// Judges one event. For more than one, build an [`Index`] once.
#[must_use]
pub fn judge<'policy>(confinements: &'policy [Confinement], event: &Event) -> Verdict<'policy> {
    Index::new(confinements).judge(event)
}

#[cfg(test)]
mod tests;
