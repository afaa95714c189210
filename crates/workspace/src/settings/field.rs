//! The fields of `telovix.yaml`: the reader and the schema both use them.

use telovix_diagnostic::{Diagnostic, Level, Sink};
use telovix_platform::Target;
use telovix_syntax::field::{Choice, Field, Lines, OtherKeys, Presence, Record, Shape, Text};
use telovix_syntax::{Node, Refusal, Scalar, quote, wrong_type};

use super::code::{INVALID_PATTERN, UNKNOWN_LEVEL, UNKNOWN_TARGET};
use crate::agent::{KUBERNETES, PARENTS_MAP, VERSION};
use crate::glob::Glob;

const LINE: Text =
    Text { noun: "text", least: 1, most: 4_096, lines: Lines::One, pattern: None, known: None };
const PATH: Shape = Shape::Text(Text { noun: "a path below the repository's root", ..LINE });
const TARGET: Shape = Shape::Text(Text {
    noun: "the name of a target, or the path of a target file",
    known: Some(|| Target::ALL.map(|target| target.to_string()).into()),
    ..LINE
});

const LEVEL: Shape = Shape::Choice(&[
    Choice { word: "ignore", description: "Do not report it." },
    Choice { word: "note", description: "Report it; the exit code is not affected." },
    Choice { word: "warning", description: "Report it; `lint` exits with 1." },
    Choice { word: "error", description: "Report it; nothing is written." },
]);

/// The targets.
pub(super) const TARGETS: Field = Field {
    name: "targets",
    presence: Presence::Optional,
    shape: Shape::List(&TARGET),
    description: "The targets to compile for: names, and paths of target files. Default: all targets.",
};

/// The output folder.
pub(super) const OUTPUT: Field = Field {
    name: "output",
    presence: Presence::Default("\"compiled-policies\""),
    shape: PATH,
    description: "The output folder of `compile`, which is replaced as a whole.",
};

/// The levels of single findings.
pub(super) const LEVELS: Field = Field {
    name: "levels",
    presence: Presence::Optional,
    shape: Shape::Map(&LEVEL),
    description: "The level of findings, by code. Errors cannot be downgraded.",
};

/// Whether a Console loads the TracingPolicies.
pub(super) const CONSOLE: Field = Field {
    name: "console",
    presence: Presence::Default("false"),
    shape: Shape::Boolean,
    description: "A Console loads the TracingPolicies: their names and hooks follow its rules, as those of custom rules \
always do. Without it they follow Tetragon's alone.",
};

const PATTERN: Shape = Shape::Text(Text { noun: "a pattern such as `charts/` or `*.lock.json`", ..LINE });

/// The files to read.
pub(super) const INCLUDE: Field = Field {
    name: "include",
    presence: Presence::Optional,
    shape: Shape::List(&PATTERN),
    description: "Patterns of the files and folders to read. Default: everything. `*` is any part of a name, `**` any \
folders; a pattern without `/` matches at any depth, and a folder everything below it.",
};

/// The files to leave out.
pub(super) const EXCLUDE: Field = Field {
    name: "exclude",
    presence: Presence::Optional,
    shape: Shape::List(&PATTERN),
    description: "Patterns of the files and folders to leave out, like those of `include`. Files that a command names \
are read all the same.",
};

/// The trust root.
pub(super) const TRUST_ROOT: Field = Field {
    name: "trust_root",
    presence: Presence::Optional,
    shape: PATH,
    description: "The file with the keys that bundles are verified against.",
};

/// Whether to kill in addition to every denial.
pub(super) const DENY_WITH_KILL: Field = Field {
    name: "deny_with_kill",
    presence: Presence::Default("false"),
    shape: Shape::Boolean,
    description: "Kill in addition to every denial: LSM denials of Tetragon leak under concurrency, a signal does not.",
};

/// Whether the policies of a pack contain its state.
pub(super) const POLICY_MODE: Field = Field {
    name: "policy_mode",
    presence: Presence::Default("false"),
    shape: Shape::Boolean,
    description: "Also write the state of a pack into its policies, as the Tetragon option `policy-mode`. Their \
text, and so their signatures, then change with the state.",
};

/// The fields under `tetragon`.
pub(super) static TETRAGON_RECORD: Record = Record {
    noun: "the settings of Tetragon",
    description: "How Tetragon runs, and how its policies are written.",
    fields: &[DENY_WITH_KILL, POLICY_MODE, PARENTS_MAP, KUBERNETES, VERSION],
    other_keys: OtherKeys::Refused,
};

/// The settings of Tetragon.
pub(super) const TETRAGON: Field = Field {
    name: "tetragon",
    presence: Presence::Optional,
    shape: Shape::Record(&TETRAGON_RECORD),
    description: "How Tetragon runs, and how its policies are written.",
};

/// The old name of [`TETRAGON`].
pub(super) const ENGINE: Field =
    Field { name: "engine", description: "The old name of `tetragon`, still accepted.", ..TETRAGON };

/// The fields of `telovix.yaml`.
pub(super) static RECORD: Record = Record {
    noun: "the settings of a policy repository",
    description: "Marks the root of a policy repository and holds its settings. Paths are relative to the root.",
    fields: &[TARGETS, INCLUDE, EXCLUDE, OUTPUT, LEVELS, TETRAGON, ENGINE, CONSOLE, TRUST_ROOT],
    other_keys: OtherKeys::Refused,
};

/// Reads a level.
pub(super) fn level(node: &Node, sink: &mut Sink) -> Option<Level> {
    let Some(Scalar::Text(word)) = node.scalar() else {
        wrong_type(node, "a level", sink);
        return None;
    };
    let level = super::level(word);
    if level.is_none() {
        let message = format!("{} is not a level", quote(word));
        let problem = Diagnostic::new(&UNKNOWN_LEVEL, node.span, message);
        sink.report(problem.help("the levels are `ignore`, `note`, `warning` and `error`"));
    }
    level
}

/// Reads a pattern.
pub(super) fn pattern(text: &str) -> Result<Glob, Refusal> {
    Glob::parse(text).map_err(|problem| Refusal {
        code: &INVALID_PATTERN,
        problem: problem.to_owned(),
        help: "write a path below the root such as `charts/`, `*.lock.json` or `apps/**/values.yaml`"
            .to_owned(),
        meant: None,
    })
}

/// Reads the name of a target.
pub(super) fn target(name: &str) -> Result<Target, Refusal> {
    let names = || Target::ALL.map(|target| format!("`{target}`")).join(", ");
    Target::parse(name).ok_or_else(|| Refusal {
        code: &UNKNOWN_TARGET,
        problem: "is not a target".to_owned(),
        help: format!("the targets are {}", names()),
        meant: None,
    })
}
