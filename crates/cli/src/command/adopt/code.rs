//! The codes of `adopt`.

use telovix_diagnostic::Code;

/// The codes of this verb.
pub(crate) const CODES: &[&Code] = &[&ALREADY_ADOPTED, &NOTHING_TO_ADOPT, &TARGETS_NOT_CHOSEN, &NOT_ADOPTED];

/// There is a `telovix.yaml`.
pub(super) static ALREADY_ADOPTED: Code = Code::page(include_str!("already-adopted.md"));

/// There is no policy.
pub(super) static NOTHING_TO_ADOPT: Code = Code::page(include_str!("nothing-to-adopt.md"));

/// No `--for`, and no terminal to ask on.
pub(super) static TARGETS_NOT_CHOSEN: Code = Code::page(include_str!("targets-not-chosen.md"));

/// A file of the new repository exists or cannot be written.
pub(super) static NOT_ADOPTED: Code = Code::page(include_str!("not-adopted.md"));
