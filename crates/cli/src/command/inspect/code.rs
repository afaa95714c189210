//! The codes of `telovix inspect`.

use telovix_diagnostic::Code;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNREADABLE_IMAGE, &IMAGE_INVALID];

pub(super) static UNREADABLE_IMAGE: Code = Code::page(include_str!("code/unreadable-image.md"));

pub(super) static IMAGE_INVALID: Code = Code::page(include_str!("code/image-invalid.md"));
