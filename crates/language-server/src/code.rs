//! The code that only an editor sees.

use telovix_diagnostic::Code;

/// The code `edit-refused`.
pub static EDIT_REFUSED: Code = Code::page(include_str!("code/edit-refused.md"));

/// Every code of this crate.
pub const CODES: &[&Code] = &[&EDIT_REFUSED];
