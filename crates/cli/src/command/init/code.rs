//! The codes of `init`.

use telovix_diagnostic::Code;

/// The codes of this verb.
pub(crate) const CODES: &[&Code] = &[&NO_REPOSITORY, &REPOSITORY_NOT_WRITTEN];

/// `--update` in a folder without settings.
pub(super) static NO_REPOSITORY: Code = Code::page(include_str!("no-repository.md"));

/// A file of the new repository cannot be written.
pub(super) static REPOSITORY_NOT_WRITTEN: Code = Code::page(include_str!("repository-not-written.md"));
