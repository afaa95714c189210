//! A stream of events and a policy -> violations, as they come, and statistics at the end.
//!
//! The modules, in the order in which data flows:
//!
//! ```text
//! feed           files and pipes -> pieces of bytes, also of files that grow and are rotated
//! lines          pieces -> lines, with their places
//! reading        a line -> what happened, in which circumstances
//! identity       the same line -> which process it was, for investigations and signals
//! rules          a policy -> the guards, the other confinements and the detections
//! judging        what happened and the rules -> what was found
//! violation      what was found -> a violation, in the words of its document
//! investigation  violations -> groups of related ones
//! shadow         what two policies found -> their difference
//! statistics     all of it -> counts
//! detector       a line -> everything above
//! run            a stream and a detector -> the end of the run
//! ```

mod detector;
mod feed;
mod identity;
mod investigation;
mod judging;
mod lines;
mod prometheus;
pub(crate) mod reading;
mod rules;
mod run;
mod shadow;
mod statistics;
mod violation;

pub use detector::{Detector, Options, Output};
pub use feed::Follow;
pub use identity::Process;
pub use investigation::{Investigation, InvestigationState};
pub use prometheus::write as prometheus;
pub use rules::{Limit, Parts, Rules};
pub use run::{Ended, Event, run};
pub use shadow::{Difference, DifferenceOfRule, Side};
pub use statistics::{RuleCount, Statistics};
pub use violation::{PolicyName, Violation};
