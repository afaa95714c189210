//! What the processes of a history did -> profiles that allow it, what they cost, and what they would have denied.
//!
//! ```text
//! sensitive, volatile, pattern   which paths and patterns are never learned silently, or are too wide
//! evidence, entry                what an entry was learned from, and why it is what it is
//! world                          the whole history: what else a pattern would allow
//! files, network                 values of one binary -> entries
//! learn                          all lists of one binary -> a profile
//! text                           a profile -> its YAML, with the reason of each entry as a comment
//! permit                         a denied event -> the smallest edit that allows it
//! update                         a profile and what it does not allow -> the profile with entries for it
//! holdout                        learned from one part of a history -> tried on the next day
//! ```

#![forbid(unsafe_code)]

mod entry;
mod evidence;
mod files;
mod holdout;
mod learn;
mod network;
mod pattern;
mod permit;
mod report;
pub mod sensitive;
mod text;
mod update;
mod volatile;
mod world;

pub use entry::{Entry, Reason, Review, Why};
pub use evidence::Evidence;
pub use holdout::{Evaluation, OfBinary, Unexpected, evaluate, evaluate_on};
pub use learn::{Admit, AdmitError, Learned, Profile, Settings, Skipped, Window, learn};
pub use permit::{NotProposed, Permit, permit};
pub use report::{EntryReport, LearnedReport, ProfileReport};
pub use text::write;
pub use update::{Added, Elsewhere, Refused, Updated, update};
pub use volatile::Token;
