//! The arguments of a git external diff command -> the difference in meaning, or the plain one of a file that has none.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use telovix_policy::value::Date;
use telovix_workspace::{Input, read_file};

use super::code::UNKNOWN_SIDE;
use super::{Content, Loaded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What git asks for.
pub(super) enum Asked<'words> {
    /// Two versions of a file, in files that git made.
    Versions(Versions<'words>),
    /// A path with a conflict, which has no versions to compare.
    Unmerged(&'words str),
}

/// Two versions of a file.
pub(super) struct Versions<'words> {
    path: &'words str,
    old: &'words str,
    new: &'words str,
}

impl<'words> Asked<'words> {
    /// Reads `PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE`, with two more arguments for a rename, or `PATH`
    /// alone. Source: `git help git`, GIT_EXTERNAL_DIFF.
    pub(super) fn parse(words: &'words [String]) -> Result<Self, Failure> {
        match words {
            [path, old, _, _, new, ..] => Ok(Self::Versions(Versions { path, old, new })),
            [path] => Ok(Self::Unmerged(path)),
            _ => {
                let message = "expected the seven arguments of a git diff command";
                let failure = Failure::new(Exit::CannotRun, &UNKNOWN_SIDE, message);
                Err(failure.help("set it up with `git config diff.telovix.command 'telovix diff --driver'`"))
            }
        }
    }
}

impl Versions<'_> {
    /// Returns what a page calls the versions.
    pub(super) fn names(&self) -> [String; 2] {
        [format!("{}, old version", self.path), format!("{}, new version", self.path)]
    }

    /// Reads both versions; nothing when one of them is no policy, or has an error.
    pub(super) fn policies(&self, as_of: Date) -> Option<(Loaded, Loaded)> {
        let (old, new) = (input(self.old, self.path)?, input(self.new, self.path)?);
        Loaded::both(Content::Written(old), Content::Written(new), as_of).ok()
    }

    /// Prints the difference of the lines, as git does without a driver. An exit code other than 0 would stop git.
    pub(super) fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let arguments = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--"];
        let compared = Command::new("git").args(arguments).args([self.old, self.new]).output()?;
        let text = String::from_utf8_lossy(&compared.stdout);
        let path = self.path;
        writeln!(out, "diff --git a/{path} b/{path}")?;
        let side = |file: &str, name: String| if file == "/dev/null" { file.to_owned() } else { name };
        // The names of the temporary files say nothing.
        let changes = text.find("\n@@").map(|at| &text[at + 1..]);
        match changes {
            Some(changes) => {
                writeln!(out, "--- {}", side(self.old, format!("a/{path}")))?;
                writeln!(out, "+++ {}", side(self.new, format!("b/{path}")))?;
                out.write_all(changes.as_bytes())
            }
            None if text.contains("\nBinary files") => {
                writeln!(out, "Binary files a/{path} and b/{path} differ")
            }
            None => Ok(()),
        }
    }
}

/// Reads a temporary file of git under its name in the repository; nothing when it is no policy. A file that is missing on
/// one side is `/dev/null`.
fn input(file: &str, path: &str) -> Option<Input> {
    if file == "/dev/null" {
        return Some(Input::of_bytes(Vec::new()));
    }
    let input = Input::of_folder(vec![(path.to_owned(), read_file(Path::new(file)).ok()?)], None);
    (input.sources.iter().count() == 1).then_some(input)
}
