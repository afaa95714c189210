//! Errors of an image file, each with a stable code.

use crate::layout::{LAYOUT_VERSION, Section};

/// Why an image is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes are not an ELF file for machine BPF with our note.
    #[error("not a policy image: {what}")]
    NotAnImage {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file ends before a section does.
    #[error("the image is truncated in section `{section}`")]
    Truncated {
        /// The section.
        section: String,
    },
    /// Written by another version of the layout.
    #[error("the image has layout version {found}, expected {LAYOUT_VERSION}")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// A section is missing, duplicated or unknown.
    #[error("section `{section}` is {what}")]
    Sections {
        /// The section.
        section: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A section's bytes are not the ones that were written.
    #[error("section `{section}` does not match its digest in the note")]
    Digest {
        /// The section.
        section: String,
    },
    /// The file differs from the one its contents would be written as.
    #[error("the image has bytes that `telovix compile` would not write")]
    NotCanonical,
    /// A section's length is not a multiple of the record size.
    #[error("the length of section `{}` is not a multiple of {} bytes", .section.name(), .section.record_size())]
    RecordSize {
        /// The section.
        section: Section,
    },
    /// A record is invalid.
    #[error("section `{}`, record {record}: {what}", .section.name())]
    Record {
        /// The section.
        section: Section,
        /// Index of the record.
        record: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl ImageError {
    /// Returns the stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage { .. } => "image-not-an-image",
            Self::Truncated { .. } => "image-truncated",
            Self::Version { .. } => "image-layout-version",
            Self::Sections { .. } => "image-sections",
            Self::Digest { .. } => "image-digest",
            Self::NotCanonical => "image-not-canonical",
            Self::RecordSize { .. } => "image-record-size",
            Self::Record { .. } => "image-record",
        }
    }

    /// Returns the fix.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotAnImage { .. } => "use the `.image` file that `telovix compile` wrote",
            Self::Version { .. } => "compile the policy again with this version of telovix",
            _ => "the file was damaged or edited: compile the policy again, or fetch the bundle again",
        }
    }
}
