//! The codes of files that cannot be read as documents.

use telovix_diagnostic::Code;

/// The codes of [`super::Problem`].
pub const CODES: &[&Code] = &[
    &UNREADABLE_FILE,
    &NOT_A_FILE,
    &BINARY_FILE,
    &NOT_UTF8,
    &FILE_TOO_LARGE,
    &FOLDER_CIRCLE,
    &FOLDER_TOO_DEEP,
    &SKIPPED_DOCUMENT,
    &NOTHING_TO_READ,
    &OTHER_FILES,
    &TEMPLATE_NOT_RENDERED,
    &UNMATCHED_PATTERN,
];

pub(super) static UNREADABLE_FILE: Code = Code::page(include_str!("code/unreadable-file.md"));

pub(super) static NOT_A_FILE: Code = Code::page(include_str!("code/not-a-file.md"));

pub(super) static BINARY_FILE: Code = Code::page(include_str!("code/binary-file.md"));

pub(super) static NOT_UTF8: Code = Code::page(include_str!("code/not-utf8.md"));

pub(super) static FILE_TOO_LARGE: Code = Code::page(include_str!("code/file-too-large.md"));

pub(super) static FOLDER_CIRCLE: Code = Code::page(include_str!("code/folder-circle.md"));

pub(super) static FOLDER_TOO_DEEP: Code = Code::page(include_str!("code/folder-too-deep.md"));

pub(super) static SKIPPED_DOCUMENT: Code = Code::page(include_str!("code/skipped-document.md"));

pub(super) static NOTHING_TO_READ: Code = Code::page(include_str!("code/nothing-to-read.md"));

pub(super) static OTHER_FILES: Code = Code::page(include_str!("code/other-files.md"));

pub(super) static TEMPLATE_NOT_RENDERED: Code = Code::page(include_str!("code/template-not-rendered.md"));

pub(super) static UNMATCHED_PATTERN: Code = Code::page(include_str!("code/unmatched-pattern.md"));
