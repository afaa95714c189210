//! The codes of [`super::Error`].

use telovix_diagnostic::Code;

/// The codes of [`super::Error`].
pub(crate) const CODES: &[&Code] = &[
    &NO_CURRENT_FOLDER,
    &UNREADABLE_CONFIGURATION,
    &OUTPUT_IS_STANDARD_OUTPUT,
    &OUTPUT_IS_A_FILE,
    &OUTPUT_HOLDS_INPUT,
    &OUTPUT_IN_THE_WAY,
    &OUTPUT_NOT_WRITTEN,
    &INTERRUPTED,
];

pub(super) static NO_CURRENT_FOLDER: Code = Code::page(include_str!("code/no-current-folder.md"));

pub(super) static OUTPUT_IS_STANDARD_OUTPUT: Code =
    Code::page(include_str!("code/output-is-standard-output.md"));

pub(super) static INTERRUPTED: Code = Code::page(include_str!("code/interrupted.md"));

pub(super) static OUTPUT_IS_A_FILE: Code = Code::page(include_str!("code/output-is-a-file.md"));

pub(super) static OUTPUT_HOLDS_INPUT: Code = Code::page(include_str!("code/output-holds-input.md"));

pub(super) static OUTPUT_IN_THE_WAY: Code = Code::page(include_str!("code/output-in-the-way.md"));

pub(super) static OUTPUT_NOT_WRITTEN: Code = Code::page(include_str!("code/output-not-written.md"));

pub(super) static UNREADABLE_CONFIGURATION: Code =
    Code::page(include_str!("code/unreadable-configuration.md"));
