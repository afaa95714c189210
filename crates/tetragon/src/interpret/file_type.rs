//! The values of `FileType` and an event -> whether the file is of such a type.
//!
//! No event says what a file is, but what is done with it rules types out before a hook is called: `may_open` of
//! `fs/namei.c` executes regular files only, writes to no directory and opens no symbolic link.

use telovix_policy::confine::{Access, AccessSet, Operation};
use telovix_policy::judge::{Event, Field};

use super::fact::{Assumptions, FactId};
use super::truth::Truth;

/// Types of files, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileTypes(u8);

const REGULAR: u8 = 1;
const DIRECTORY: u8 = 1 << 1;
const LINK: u8 = 1 << 2;
const ALL: u8 = (1 << 7) - 1;

impl FileTypes {
    /// Reads the names of types; `None` if Tetragon rejects one, or if there is none.
    pub(super) fn read<'value>(values: impl Iterator<Item = &'value str>) -> Option<Self> {
        let bit = |name: &str| match name {
            "reg" | "regular" => Some(REGULAR),
            "dir" => Some(DIRECTORY),
            "link" | "lnk" => Some(LINK),
            "blk" | "block" => Some(1 << 3),
            "char" | "chr" => Some(1 << 4),
            "fifo" | "pipe" => Some(1 << 5),
            "sock" | "socket" => Some(1 << 6),
            _ => None,
        };
        let types = values.map(bit).try_fold(0, |sum, bit| bit.map(|bit| sum | bit))?;
        (types != 0).then_some(Self(types))
    }

    /// Returns whether the file of an event has one of the types. What else decides is `other`.
    pub(super) fn of(self, event: &Event, other: FactId, assumed: Assumptions) -> Truth {
        let possible = possible(event);
        if possible & self.0 == 0 {
            return Truth::No;
        }
        if possible & !self.0 == 0 {
            return Truth::Yes;
        }
        let open = Truth::fact(other, assumed);
        match (event.operation, event.access, &event.path) {
            (Operation::Open, None, _) => open.union(Truth::field(Field::Access)),
            (Operation::Open, _, None) => open.union(Truth::field(Field::Path)),
            _ => open,
        }
    }
}

/// Returns the types that the file of an event may have.
fn possible(event: &Event) -> u8 {
    let executed = AccessSet::default().with(Access::Execute);
    match (event.operation, event.access) {
        (Operation::Exec, _) => REGULAR,
        (Operation::Open, Some(used)) if used == executed => REGULAR,
        (Operation::Open, _) if event.path.as_deref() == Some("/") => DIRECTORY,
        (Operation::Open, Some(used)) if used.contains(Access::Write) => ALL & !DIRECTORY & !LINK,
        (Operation::Open, _) => ALL & !LINK,
        _ => ALL,
    }
}
