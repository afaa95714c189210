//! The codes of errors in `telovix.yaml` and `--level`.

use telovix_diagnostic::Code;

/// The codes of mistakes in settings.
pub(crate) const CODES: &[&Code] = &[
    &UNKNOWN_LEVEL,
    &UNKNOWN_LEVEL_CODE,
    &LEVEL_OF_ERROR,
    &UNKNOWN_TARGET,
    &INVALID_PATTERN,
    &OLD_NAME,
    &TWO_NAMES,
];

pub(super) static UNKNOWN_LEVEL: Code = Code::page(include_str!("code/unknown-level.md"));

pub(super) static UNKNOWN_LEVEL_CODE: Code = Code::page(include_str!("code/unknown-level-code.md"));

pub(super) static LEVEL_OF_ERROR: Code = Code::page(include_str!("code/level-of-error.md"));

pub(super) static UNKNOWN_TARGET: Code = Code::page(include_str!("code/unknown-target.md"));

/// A pattern that matches no path.
pub(super) static INVALID_PATTERN: Code = Code::page(include_str!("code/invalid-pattern.md"));

/// An old name that is still accepted.
pub(super) static OLD_NAME: Code = Code::page(include_str!("code/old-name.md"));

/// The old and the new name of one setting.
pub(super) static TWO_NAMES: Code = Code::page(include_str!("code/old-and-new-key.md"));
