//! An event -> the hooks that must decide it alone, and what is known beforehand of how Tetragon decides it.

use telovix_policy::confine::{Access, Operation};
use telovix_policy::judge::Event;

/// What `unshare` and its like are called with, which no event has.
const FLAGS: &str = "`Mask` on an argument of `";

/// The kind of an anonymous file is its name, which no event has.
const NAME_OF_ANONYMOUS_FILE: &str = "on an argument of `inode_init_security_anon`";

/// Returns why Tetragon does more with an event: to the kernel a deleted file has another name, which is blocked as well.
pub(super) fn excess(event: &Event) -> Option<&'static str> {
    event
        .path
        .as_ref()
        .is_some_and(|path| path.ends_with(" (deleted)"))
        .then_some("a name that ends in ` (deleted)`")
}

/// A way by which an event comes: hooks that decide it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// All hooks of the operation together.
    Any,
    /// This hook.
    Hook(&'static str),
    /// The entry of 64-bit programs.
    Entry64,
    /// The entries of 32-bit programs; an event does not tell that it comes from one.
    Entry32,
}

impl Door {
    /// Returns whether an event of the operation surely comes by it; else it is judged as if it did.
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::Any | Self::Entry64)
    }

    /// Returns whether a hook is at the door.
    pub(super) fn has(self, hook: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Hook(name) => hook == name,
            Self::Entry64 => !hook.contains("ia32"),
            Self::Entry32 => hook.contains("ia32"),
        }
    }
}

/// Returns the doors by which an event may come; each must be shut alone.
pub(super) fn doors(event: &Event) -> &'static [Door] {
    let truncates = |access| access == Access::Truncate;
    match event.operation {
        Operation::Syscall => match event.syscall.map(|call| (call.number(), call.ia32_number())) {
            Some((None, Some(_))) => &[Door::Entry32],
            Some((Some(_), Some(_))) => &[Door::Entry64, Door::Entry32],
            _ => &[Door::Entry64],
        },
        Operation::Open if event.access.is_some_and(|accesses| accesses.iter().all(truncates)) => {
            &[Door::Hook("file_open"), Door::Hook("path_truncate")]
        }
        _ => &[Door::Any],
    }
}

/// Returns whether it is known that this decides an event, and that no event tells it.
pub(super) fn is_expected_to_be_open(fact: &str) -> bool {
    let is_call = fact.starts_with("whether `__ia32_") && fact.ends_with("is called")
        || fact.starts_with("whether `") && fact.ends_with("is called for the file");
    fact.starts_with("whether `") && is_call
        || fact.starts_with(FLAGS)
        || fact.ends_with(NAME_OF_ANONYMOUS_FILE)
}
