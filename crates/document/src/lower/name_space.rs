//! What this room says about the name space that paths are read in.

use telovix_diagnostic::Code;

/// The profile also denies what would change the meaning of its paths.
pub(super) static NAME_SPACE_CLOSED: Code = Code::page(include_str!("name_space/name-space-closed.md"));

/// Path rules whose name space the target leaves open.
pub static OPEN_NAME_SPACE: Code = Code::page(include_str!("name_space/open-name-space.md"));
