//! The arguments of a git external diff command -> the two sides.

use std::path::{Path, PathBuf};

use telovix_policy::value::Date;
use telovix_workspace::{Input, LeftOut, Root, read_file};

use super::code::UNKNOWN_SIDE;
use super::{Content, Loaded};
use crate::exit::Exit;
use crate::failure::Failure;

/// Reads `PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE`, with two more arguments for a rename. A file
/// that is missing on one side is `/dev/null`. Source: `git help git`, GIT_EXTERNAL_DIFF.
pub(super) fn sides(words: &[String], as_of: Date) -> Result<(Loaded, Loaded), Failure> {
    let [path, old, _, _, new, ..] = words else {
        let message = "expected the seven arguments of a git diff command";
        return Err(Failure::new(Exit::CannotRun, &UNKNOWN_SIDE, message)
            .help("set it up with `git config diff.telovix.command 'telovix diff --driver'`"));
    };
    let written = |file| input(file, path).map(Content::Written);
    Loaded::both(written(old)?, written(new)?, as_of)
}

/// Reads a temporary file of git under its name in the repository.
fn input(file: &str, path: &str) -> Result<Input, Failure> {
    if file == "/dev/null" {
        return Ok(Input::of_bytes(Vec::new()));
    }
    let read = read_file(Path::new(file));
    match read {
        Ok(bytes) => Ok(Input::of_bytes(vec![(path.to_owned(), bytes)])),
        // Reading it as a path produces the finding.
        Err(_) => Ok(Root::find(&[PathBuf::from(file)])?.read(&LeftOut::default())),
    }
}
