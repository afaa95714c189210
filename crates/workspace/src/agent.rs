//! The fields that describe a Tetragon agent, in `telovix.yaml` and in target files.

use telovix_diagnostic::Code;
use telovix_platform::Release;
use telovix_syntax::Refusal;
use telovix_syntax::field::{Field, Lines, Presence, Shape, Text};

/// The codes of these fields.
pub(crate) const CODES: &[&Code] = &[&UNKNOWN_RELEASE];

static UNKNOWN_RELEASE: Code = Code::page(include_str!("agent/unknown-release.md"));

const RELEASE: Shape = Shape::Lexeme(Text {
    noun: "a release of Tetragon",
    known: Some(|| Release::ALL.map(|release| release.name().to_owned()).into()),
    least: 1,
    most: 32,
    lines: Lines::One,
    pattern: None,
});

/// Whether the parents map of Tetragon is enabled.
pub(crate) const PARENTS_MAP: Field = Field {
    name: "parents_map",
    presence: Presence::Default("false"),
    shape: Shape::Boolean,
    description: "Tetragon runs with its parents map enabled, so that exceptions by parent process can be compiled.",
};

/// Whether Tetragon runs in Kubernetes.
pub(crate) const KUBERNETES: Field = Field {
    name: "kubernetes",
    presence: Presence::Default("false"),
    shape: Shape::Boolean,
    description: "Tetragon runs with Kubernetes, so that custom policies may select workloads.",
};

/// The release of Tetragon.
pub(crate) const VERSION: Field = Field {
    name: "version",
    presence: Presence::Default("\"main\""),
    shape: RELEASE,
    description: "The oldest release of Tetragon that runs on the hosts: 1.4 to 1.7, or main.",
};

/// Reads the version of Tetragon.
pub(crate) fn release(version: &str) -> Result<Release, Refusal> {
    let names = || Release::ALL.map(|release| format!("`{}`", release.name())).join(", ");
    Release::parse(version).ok_or_else(|| Refusal {
        code: &UNKNOWN_RELEASE,
        problem: "is not a release of Tetragon with known facts".to_owned(),
        help: format!("the releases are {}", names()),
        meant: None,
    })
}
