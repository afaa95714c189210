//! Why artifacts cannot be written.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this room reports.
pub(crate) const CODES: &[&Code] =
    &[&OUTPUT_IS_A_FILE, &OUTPUT_HOLDS_INPUT, &OUTPUT_IN_THE_WAY, &OUTPUT_NOT_WRITTEN];

pub(super) static OUTPUT_IS_A_FILE: Code = Code {
    id: "output-is-a-file",
    title: "the output folder is a file",
    severity: Severity::Error,
    explanation: "A compile writes a folder of artifacts. The path after `-o`, or `output` in `telovix.yaml`, \
                  is a file or lies below one, and files are never replaced by folders.",
    fires: Example::Situation("`telovix compile -o README.md`"),
    silent: Example::Situation("`telovix compile -o compiled-policies`"),
};

pub(super) static OUTPUT_HOLDS_INPUT: Code = Code {
    id: "output-holds-input",
    title: "the output folder holds what is read",
    severity: Severity::Error,
    explanation: "The output folder is replaced as a whole. It cannot be the folder that policies are read \
                  from, one above it, or the current folder.",
    fires: Example::Situation("`telovix compile policies -o policies`"),
    silent: Example::Situation("`telovix compile policies -o policies/compiled`"),
};

pub(super) static OUTPUT_IN_THE_WAY: Code = Code {
    id: "output-in-the-way",
    title: "a file that no compile wrote has an artifact's name",
    severity: Severity::Error,
    explanation: "The output folder already holds a file with the name of an artifact, and the manifest of \
                  the last compile does not list it. It may be somebody's work, so it is not replaced.",
    fires: Example::Situation("a `manifest.json` of another tool in the output folder"),
    silent: Example::Situation("the file is listed in the manifest of the last compile"),
};

pub(super) static OUTPUT_NOT_WRITTEN: Code = Code {
    id: "output-not-written",
    title: "the output folder cannot be written",
    severity: Severity::Error,
    explanation: "The disk is full, the folder above may not be written, or the folder is a mount point. \
                  Artifacts are written beside the output folder and take its place in one step, so the \
                  folder is as it was before.",
    fires: Example::Situation("the disk is full"),
    silent: Example::Situation("there is room, and the folder above may be written"),
};
