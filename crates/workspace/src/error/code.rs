//! The pages of the errors.

use telovix_diagnostic::{Code, Example, Severity};

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

pub(super) static NO_CURRENT_FOLDER: Code = Code {
    id: "no-current-folder",
    title: "the current folder cannot be found",
    severity: Severity::Error,
    explanation: "Relative paths, and the repository around the current folder, need a current folder. It was \
                  removed while the shell stayed in it, or a path on the command line is empty.",
    fires: Example::Situation("`telovix lint` in a folder that another terminal has removed"),
    silent: Example::Situation("`telovix lint` in a folder that exists"),
};

pub(super) static OUTPUT_IS_STANDARD_OUTPUT: Code = Code {
    id: "output-is-standard-output",
    title: "`-` is not an output folder",
    severity: Severity::Error,
    explanation: "A compile writes TracingPolicy files, an image and a manifest, which standard output cannot hold. \
                  In other options `-` is standard input or output, so no folder is given this name; `./-` is one.",
    fires: Example::Situation("`telovix compile -o -`"),
    silent: Example::Situation("`telovix compile -o compiled-policies`"),
};

pub(super) static INTERRUPTED: Code = Code {
    id: "interrupted",
    title: "a signal stopped the compile",
    severity: Severity::Error,
    explanation: "Ctrl-C or a termination signal came before the new output folder took the place of the old one, \
                  which is unchanged. The command line ends with 130 and prints nothing.",
    fires: Example::Situation("Ctrl-C while `telovix compile` writes"),
    silent: Example::Situation("the compile runs to its end"),
};

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
                  folder is unchanged.",
    fires: Example::Situation("the disk is full"),
    silent: Example::Situation("there is room, and the folder above may be written"),
};

pub(super) static UNREADABLE_CONFIGURATION: Code = Code {
    id: "unreadable-configuration",
    title: "telovix.yaml cannot be read",
    severity: Severity::Error,
    explanation: "The repository has a `telovix.yaml` that may not be read or is not UTF-8. Without its targets \
                  and levels a run would answer another question.",
    fires: Example::Situation("`telovix.yaml` without read permission"),
    silent: Example::Situation("`telovix.yaml` can be read, or there is none"),
};
