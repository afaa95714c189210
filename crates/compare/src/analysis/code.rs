//! Codes of findings about one policy as a whole.

use telovix_diagnostic::Code;

/// The codes this module reports.
pub(crate) const CODES: &[&Code] = &[&EFFECTS_DISAGREE, &REACHED_THROUGH_SPAWN];

pub(super) static EFFECTS_DISAGREE: Code = Code::page(include_str!("code/effects-disagree.md"));

pub(super) static REACHED_THROUGH_SPAWN: Code = Code::page(include_str!("code/reached-through-spawn.md"));
