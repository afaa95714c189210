//! The folder that is signed -> the git revision around it, and whether the work tree has uncommitted changes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The suffix for a work tree with uncommitted changes.
const DIRTY: &str = "-dirty";

/// The git revision that a folder was compiled from.
pub(super) struct Revision {
    /// The commit, with `-dirty` if the work tree differs from it.
    pub(super) text: String,
    /// Whether it differs.
    pub(super) state: WorkTree,
}

/// How the work tree compares with the checked-out commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkTree {
    /// No uncommitted changes.
    Clean,
    /// Files were changed, added or removed.
    Dirty,
}

impl Revision {
    /// Asks git about the repository around the folder; `None` without git or a repository, or if git cannot report the
    /// state of the work tree. The folder itself is ignored: it is the output, not the source.
    pub(super) fn around(folder: &Path) -> Option<Self> {
        let folder = std::path::absolute(folder).ok()?;
        let around = folder.parent()?;
        let commit = git(around, &["rev-parse", "--verify", "HEAD"].map(OsStr::new))?;
        let commit = commit.trim();
        if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut left_out = PathBuf::from(":(exclude,literal)").into_os_string();
        left_out.push(folder.file_name()?);
        let status = ["status", "--porcelain", "--untracked-files=normal", "--", ":(top)"].map(OsStr::new);
        let arguments: Vec<&OsStr> = status.into_iter().chain([left_out.as_os_str()]).collect();
        let state =
            if git(around, &arguments)?.trim().is_empty() { WorkTree::Clean } else { WorkTree::Dirty };
        let mark = if state == WorkTree::Dirty { DIRTY } else { "" };
        Some(Self { text: format!("{commit}{mark}"), state })
    }
}

/// Runs git without the fsmonitor program that the repository's configuration may set, and without taking locks.
fn git(folder: &Path, arguments: &[&OsStr]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"]).arg(folder).args(arguments);
    let output = command.output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{Revision, WorkTree};

    fn run(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let ran = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }

    #[test]
    fn a_revision_is_that_of_a_clean_work_tree_or_says_dirty() {
        let place = tempfile::tempdir().unwrap();
        let (folder, bundle) = (place.path(), place.path().join("bundle"));
        fs::create_dir(&bundle).unwrap();
        assert!(Revision::around(&bundle).is_none(), "no repository");
        run(folder, &["init", "-q"]);
        assert!(Revision::around(&bundle).is_none(), "no commit");
        fs::write(folder.join("a.yaml"), "a").unwrap();
        run(folder, &["add", "a.yaml"]);
        run(folder, &["commit", "-q", "-m", "one"]);
        fs::write(bundle.join("out.yaml"), "made").unwrap();
        let clean = Revision::around(&bundle).unwrap();
        assert_eq!((clean.state, clean.text.len()), (WorkTree::Clean, 40), "the result itself is no change");
        for change in ["a.yaml", "new.yaml"] {
            fs::write(folder.join(change), "b").unwrap();
            let dirty = Revision::around(&bundle).unwrap();
            assert_eq!(
                (dirty.state, dirty.text),
                (WorkTree::Dirty, format!("{}-dirty", clean.text)),
                "{change}"
            );
            run(folder, &["stash", "-q", "-u", "--", change]);
        }
    }
}
