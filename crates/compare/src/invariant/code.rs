//! Codes of findings about invariants.

use telovix_diagnostic::Code;

/// The codes this module reports.
pub(crate) const CODES: &[&Code] = &[&INVARIANT_BROKEN, &INVARIANT_WITHOUT_SUBJECT, &REQUIREMENT_MISSED];

pub(super) static INVARIANT_BROKEN: Code = Code::page(include_str!("code/invariant-broken.md"));

pub(super) static REQUIREMENT_MISSED: Code = Code::page(include_str!("code/requirement-missed.md"));

pub(super) static INVARIANT_WITHOUT_SUBJECT: Code =
    Code::page(include_str!("code/invariant-without-subject.md"));
