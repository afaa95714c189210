//! The codes about mounts, chroot and namespaces, which change what a path refers to.

use telovix_diagnostic::Code;

/// The profile also denies what would change the meaning of its paths.
pub static NAME_SPACE_CLOSED: Code = Code::page(include_str!("name_space/name-space-closed.md"));

/// Path rules that a process can bypass on the target by changing its mounts.
pub static OPEN_NAME_SPACE: Code = Code::page(include_str!("name_space/open-name-space.md"));
