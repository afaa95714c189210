//! What can be wrong with the sides of a difference.

use telovix_diagnostic::{Code, Example, Severity};

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&UNKNOWN_SIDE, &NO_GIT, &UNREADABLE_REVISION, &SUBMODULE, &BUNDLE_TORN];

pub(super) static UNKNOWN_SIDE: Code = Code {
    id: "unknown-side",
    title: "a side of a comparison is neither a path nor a revision",
    severity: Severity::Error,
    explanation: "A side is a file, a folder, `-`, or REV, REV:PATH or REV..REV in the git repository around the \
                  current folder. Nothing is compared when one side cannot be had: a difference from nothing would \
                  be an invention.",
    fires: Example::Situation("`telovix diff mian profiles/` where there is no branch `mian`"),
    silent: Example::Situation("`telovix diff main profiles/`"),
};

pub(super) static NO_GIT: Code = Code {
    id: "no-git",
    title: "git cannot be run, or there is no repository here",
    severity: Severity::Error,
    explanation: "Revisions are read through the `git` command in the repository around the current folder.",
    fires: Example::Situation("`telovix diff HEAD~1..HEAD` outside of a git repository"),
    silent: Example::Situation("`telovix diff old/ new/`, which needs no git"),
};

pub(super) static UNREADABLE_REVISION: Code = Code {
    id: "unreadable-revision",
    title: "a revision or a path in it cannot be read",
    severity: Severity::Error,
    explanation: "The repository has the revision, and git refused to hand out what was asked for: the path is not in \
                  it, an object is missing from a partial clone, or a policy file is a symbolic link, which leads \
                  nowhere inside a revision.",
    fires: Example::Situation("`telovix diff HEAD:no-such-folder profiles/`"),
    silent: Example::Situation("`telovix diff HEAD:profiles profiles/`"),
};

pub(super) static SUBMODULE: Code = Code {
    id: "submodule",
    title: "a submodule stands in the compared folder",
    severity: Severity::Error,
    explanation: "What a submodule holds is in another repository, so a comparison that left it out would not tell \
                  what may happen.\n\nName folders without submodules (`REV:profiles`), or compare inside the submodule.",
    fires: Example::Situation("`telovix diff HEAD~1..HEAD` in a repository with policies in a submodule"),
    silent: Example::Situation("`telovix diff HEAD~1:profiles HEAD:profiles`"),
};

pub(super) static BUNDLE_TORN: Code = Code {
    id: "bundle-torn",
    title: "a compiled side of a comparison does not hold together",
    severity: Severity::Error,
    explanation: "A folder with a manifest of `telovix compile` is compared by its image. The image is missing, is not the \
                  one whose digest the manifest has, or says what no compile packs. What it meant is not guessed.",
    fires: Example::Situation("`telovix diff compiled-policies/ profiles/` after `policy.image` was exchanged"),
    silent: Example::Situation("`telovix diff compiled-policies/ profiles/` after `telovix compile`"),
};
