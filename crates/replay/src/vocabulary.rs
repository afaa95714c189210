//! The items of other crates that this crate uses, in one place.

pub(crate) use telovix_diagnostic::source::SourceSet;
pub(crate) use telovix_policy::confine::{
    Access, AccessSet, Condition, Confinement, Effect, Operation, SocketType, Subject as ConfinedSubject,
};
pub(crate) use telovix_policy::judge::{Event, Field, Fields, Index, Reason, Verdict};
pub(crate) use telovix_policy::value::Children;
pub(crate) use telovix_policy::value::{Capability, Syscall};
