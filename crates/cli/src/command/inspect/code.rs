//! What can be wrong with an image file.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNREADABLE_IMAGE, &IMAGE_INVALID];

pub(super) static UNREADABLE_IMAGE: Code = Code {
    id: "unreadable-image",
    title: "the image cannot be read",
    severity: Severity::Error,
    explanation: "The image file does not exist or may not be read.",
    fires: Example::Situation("`telovix inspect missing.image`"),
    silent: Example::Situation("`telovix inspect compiled-policies/policy.image` after a compile"),
};

pub(super) static IMAGE_INVALID: Code = Code {
    id: "image-invalid",
    title: "the file is not an image that a compile wrote",
    severity: Severity::Error,
    explanation: "An image is believed only when it is byte for byte the file that would be written for what it \
                  holds: container, layout version, digests, and every number that points somewhere. A file that \
                  was cut off, changed, or written for another layout is refused with the first thing that is wrong.",
    fires: Example::Situation("one bit of the image flipped"),
    silent: Example::Situation("the image as `telovix compile` wrote it"),
};
