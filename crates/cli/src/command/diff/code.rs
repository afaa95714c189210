//! The codes of `telovix diff`.

use telovix_diagnostic::Code;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNKNOWN_SIDE, &NO_GIT, &UNREADABLE_REVISION, &SUBMODULE, &BUNDLE_TORN];

pub(super) static UNKNOWN_SIDE: Code = Code::page(include_str!("code/unknown-side.md"));

pub(super) static NO_GIT: Code = Code::page(include_str!("code/no-git.md"));

pub(super) static UNREADABLE_REVISION: Code = Code::page(include_str!("code/unreadable-revision.md"));

pub(super) static SUBMODULE: Code = Code::page(include_str!("code/submodule.md"));

pub(super) static BUNDLE_TORN: Code = Code::page(include_str!("code/bundle-torn.md"));
