//! A history of events -> what a policy would have done with it.
//!
//! The modules, in the order in which data flows:
//!
//! ```text
//! source      paths, patterns and folders -> the files of a history
//! stream      one file -> its bytes, decompressed, and how it ended
//! strace      the output of strace -> the same as Telovix events
//! chunk       bytes -> pieces of whole lines, in bounded memory
//! json        a line -> tokens, every byte of it checked
//! line        a line -> an envelope: what Tetragon or Telovix wrote
//! action      an envelope -> the operation of a process, with the fields that policies use
//! judge       an operation -> the verdict of a policy
//! vocabulary  the items of other crates that are used, in one place
//! tally       verdicts -> counts that can be added up
//! scan        all of it on every processor, with the same result on any number of them
//! impact      counts -> the answer, and its limits
//! single      a line or a history -> single events
//! observe     lines -> who did what how often: the input of learning
//! readiness   the answer -> the conditions that keep a policy from its next step
//! sigma       a detection -> the same rule for a SIEM
//! sql         policies and a table of ClickHouse -> the same answer as a scan gives
//! detect      a stream and the rules of detections and guards -> violations, as they come
//! ```

#![forbid(unsafe_code)]

mod action;
mod chunk;
mod counter;
pub mod detect;
mod impact;
mod json;
mod judge;
mod line;
mod moment;
pub mod observe;
pub mod readiness;
mod scan;
pub mod sigma;
mod single;
mod source;
pub mod sql;
mod strace;
mod stream;
pub mod synthetic;
mod tally;
mod vocabulary;

pub use impact::{
    Confidence, Count, Delta, Effects, History, HourImpact, Impact, IncompleteFile, Kind, MalformedLine,
    OperationSeen, PartWithoutEvents, Possible, ProblemLines, RuleImpact, SampleEvent, UpperBound, Window,
};
pub use judge::{Decider, Described, Judge, Opinion, Outside};
pub use moment::Moment;
pub use scan::{Amount, Options, Question, Reading, scan};
pub use single::{distinct, events_of};
pub use source::{Source, SourceError, find};
pub use stream::{Broken, Incomplete};
pub use tally::{Place, Problem, Tally};
