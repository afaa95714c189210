//! The items of the compiler that this crate takes: named here, and nowhere else.

pub(crate) use telovix_compiler::confine::{
    Access, AccessSet, Confinement, Effect, Operation, SocketType, Subject as ConfinedSubject,
};
pub(crate) use telovix_compiler::document::Children;
pub(crate) use telovix_compiler::document::value::{Capability, Syscall};
pub(crate) use telovix_compiler::judge::{Event, Field, Fields, Index, Reason, Verdict};
pub(crate) use telovix_compiler::source::SourceSet;
