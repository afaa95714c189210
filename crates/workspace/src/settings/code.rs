//! What can be wrong with the settings of a run.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes of mistakes in settings.
pub(crate) const CODES: &[&Code] = &[&UNKNOWN_LEVEL, &UNKNOWN_LEVEL_CODE, &LEVEL_OF_ERROR, &UNKNOWN_TARGET];

pub(super) static UNKNOWN_LEVEL: Code = Code {
    id: "unknown-level",
    title: "a level that does not exist",
    severity: Severity::Error,
    explanation: "A finding can be given the level `ignore`, `note`, `warning` or `error`, under `levels` in \
                  `telovix.yaml` or with `--level CODE=LEVEL`.",
    fires: Example::Situation("`levels: { host-bits: fatal }` in `telovix.yaml`"),
    silent: Example::Situation("`levels: { host-bits: error }` in `telovix.yaml`"),
};

pub(super) static UNKNOWN_LEVEL_CODE: Code = Code {
    id: "unknown-level-code",
    title: "a level for a finding that does not exist",
    severity: Severity::Error,
    explanation: "A misspelled code would leave the finding at its old level without a word.",
    fires: Example::Situation("`levels: { hostbits: error }` in `telovix.yaml`"),
    silent: Example::Situation("`levels: { host-bits: error }` in `telovix.yaml`"),
};

pub(super) static LEVEL_OF_ERROR: Code = Code {
    id: "level-of-error",
    title: "an error cannot be given another level",
    severity: Severity::Error,
    explanation: "An error means that no artifact can be written that means what the source says. No setting \
                  makes one. A weakening can be waived in the document it concerns, by name and with a reason; \
                  every other error needs another source.",
    fires: Example::Situation("`levels: { unknown-key: warning }` in `telovix.yaml`"),
    silent: Example::Situation("`levels: { host-bits: ignore }` in `telovix.yaml`"),
};

pub(super) static UNKNOWN_TARGET: Code = Code {
    id: "unknown-target",
    title: "a target that does not exist",
    severity: Severity::Error,
    explanation: "A target is a backend and a kernel whose abilities are known: `telovix explain targets` lists them. \
                  For another kernel, name the nearest older one.",
    fires: Example::Situation("`targets: [native-5.4]` in `telovix.yaml`"),
    silent: Example::Situation("`targets: [native-6.1]` in `telovix.yaml`"),
};
