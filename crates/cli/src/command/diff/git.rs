//! A git revision -> the policy files in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use telovix_compiler::emit::manifest::MANIFEST_PATH;
use telovix_workspace::bundle::Bundle;
use telovix_workspace::{CONFIGURATION, LARGEST_FILE, TRUST_ROOT, is_policy_name};

use super::code::{NO_GIT, SUBMODULE, UNREADABLE_REVISION};
use crate::exit::Exit;
use crate::failure::Failure;

/// A file of a revision: its path from the root of the repository, and its bytes.
pub(super) type File = (String, Vec<u8>);

/// Returns whether a text names a commit of this repository.
pub(super) fn is_revision(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && git(&["rev-parse", "--verify", "--quiet", &format!("{text}^{{commit}}")]).is_ok()
}

/// Returns the short hash of a revision's commit and its date: `1a2b3c4d5e6f, 2026-11-20`.
pub(super) fn commit(revision: &str) -> Option<String> {
    let shown = git(&["log", "-1", "--abbrev=12", "--format=%h, %cs", revision, "--"]).ok()?;
    Some(shown.trim_end().to_owned())
}

/// Reads every policy file of a revision, or those at and below `path`. As in git, the path is relative to the current
/// folder if it starts with `./`, and to the root of the repository otherwise.
pub(super) fn read(revision: &str, path: Option<&str>) -> Result<Vec<File>, Failure> {
    let prefix = git(&["rev-parse", "--show-prefix"]).map_err(no_git)?;
    let prefix = prefix.trim_end();
    let path = match path {
        Some(here) if here == "." || here.starts_with("./") => {
            format!("{prefix}{}", here.trim_start_matches("./").trim_start_matches('.'))
        }
        Some(path) => path.to_owned(),
        None => String::new(),
    };
    list(revision, path.trim_end_matches('/'))
}

/// Reads every policy file of a revision at and below a folder of the work tree, with names relative to that folder.
pub(super) fn read_folder(revision: &str, folder: &Path) -> Result<Vec<File>, Failure> {
    let folder = folder.display().to_string();
    let prefix = git(&["-C", &folder, "rev-parse", "--show-prefix"]).map_err(no_git)?;
    let prefix = prefix.trim_end_matches('\n');
    let files = list(revision, prefix.trim_end_matches('/'))?;
    let name = |name: String| name.strip_prefix(prefix).map_or(name.clone(), str::to_owned);
    Ok(files.into_iter().map(|(path, bytes)| (name(path), bytes)).collect())
}

/// Returns the path of `REV:PATH` in the work tree.
pub(super) fn in_work_tree(path: &str) -> Result<PathBuf, Failure> {
    if path == "." || path.starts_with("./") {
        return Ok(PathBuf::from(path));
    }
    let up = git(&["rev-parse", "--show-cdup"]).map_err(no_git)?;
    let path = Path::new(up.trim_end_matches('\n')).join(path);
    Ok(if path.as_os_str().is_empty() { PathBuf::from(".") } else { path })
}

/// Reads every policy file of a revision at and below `path`, relative to the root of the repository.
fn list(revision: &str, path: &str) -> Result<Vec<File>, Failure> {
    let all = ["ls-tree", "-r", "-z", "--full-tree", revision];
    let below = ["--", path];
    let listed = git(&[&all[..], if path.is_empty() { &[] } else { &below }].concat()).map_err(|told| {
        Failure::new(Exit::CannotRun, &UNREADABLE_REVISION, format!("cannot list `{revision}`: {told}"))
    })?;
    let mut wanted = Vec::new();
    for line in listed.split('\0').filter(|line| !line.is_empty()) {
        // `<mode> <type> <object>\t<path>`
        let (about, name) = line.split_once('\t').expect("git puts a tab before the path of each entry");
        let mut words = about.split(' ');
        let (mode, _, object) = (words.next(), words.next(), words.next());
        let hidden = name.split('/').any(|part| part.starts_with('.'));
        match mode {
            Some("160000") => {
                let message = format!("`{name}` in `{revision}` is a submodule; submodules are not compared");
                let failure = Failure::new(Exit::CannotRun, &SUBMODULE, message);
                return Err(failure.help("name a folder without submodules, such as `REV:profiles`"));
            }
            _ if hidden
                || !is_policy_name(Path::new(name))
                || [CONFIGURATION, TRUST_ROOT].map(Some).contains(&name.rsplit('/').next()) => {}
            Some("120000") => {
                let message = format!(
                    "`{name}` in `{revision}` is a symbolic link; links in a revision cannot be followed"
                );
                return Err(Failure::new(Exit::CannotRun, &UNREADABLE_REVISION, message));
            }
            _ => wanted.extend(object.map(|object| (name.to_owned(), object.to_owned()))),
        }
    }
    if wanted.is_empty() {
        let place = if path.is_empty() { format!("`{revision}`") } else { format!("`{revision}:{path}`") };
        let message = format!("no policy file in {place}");
        let failure = Failure::new(Exit::CannotRun, &UNREADABLE_REVISION, message);
        return Err(
            failure.help("a path in a revision is relative to the repository root; use `REV:./PATH` for the current folder")
        );
    }
    Ok(without_artifacts(contents(wanted, revision)?, path))
}

/// Removes committed compile output below the compared folder: artifacts are not policies.
fn without_artifacts(files: Vec<File>, compared: &str) -> Vec<File> {
    let bundle = |(name, bytes): &File| {
        let folder =
            name.strip_suffix(MANIFEST_PATH)?.strip_suffix('/').filter(|folder| *folder != compared)?;
        Some((format!("{folder}/"), Bundle::parse(bytes)?))
    };
    let bundles: Vec<(String, Bundle)> = files.iter().filter_map(bundle).collect();
    let is_artifact = |name: &str| {
        bundles
            .iter()
            .any(|(folder, bundle)| name.strip_prefix(folder).is_some_and(|below| bundle.lists(below)))
    };
    files.into_iter().filter(|(name, _)| !is_artifact(name)).collect()
}

/// Reads all objects through one git process.
fn contents(wanted: Vec<(String, String)>, revision: &str) -> Result<Vec<File>, Failure> {
    let refused = |told: &dyn std::fmt::Display| {
        Failure::new(Exit::CannotRun, &UNREADABLE_REVISION, format!("cannot read `{revision}`: {told}"))
    };
    let child = Command::new("git")
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| no_git(error.to_string()))?;
    let (Some(mut asking), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(refused(&"git gave no streams"));
    };
    let objects: Vec<String> = wanted.iter().map(|(_, object)| object.clone()).collect();
    // git writes while it still reads; without a separate writer thread both sides could block forever.
    let asker =
        std::thread::spawn(move || objects.iter().try_for_each(|object| writeln!(asking, "{object}")));
    let mut answers = BufReader::new(answers);
    let mut files = Vec::with_capacity(wanted.len());
    for (name, _) in wanted {
        let mut head = String::new();
        answers.read_line(&mut head).map_err(|error| refused(&error))?;
        // `<object> blob <size>`, or `<object> missing`
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| refused(&format!("`{name}` is missing")))?;
        if size > LARGEST_FILE {
            return Err(refused(&format!("`{name}` is larger than {LARGEST_FILE} bytes")));
        }
        let mut bytes = Vec::new();
        answers.by_ref().take(size).read_to_end(&mut bytes).map_err(|error| refused(&error))?;
        answers.by_ref().take(1).read_to_end(&mut Vec::new()).map_err(|error| refused(&error))?;
        files.push((name, bytes));
    }
    drop(answers);
    let asked = asker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    asked.map_err(|error| refused(&error))?;
    child.wait().map_err(|error| refused(&error))?;
    Ok(files)
}

/// Runs git and returns its output, or its first error line.
fn git(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let first = complaint.lines().next().unwrap_or("git gave no reason");
    Err(first.trim_start_matches("fatal: ").to_owned())
}

fn no_git(told: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::CannotRun, &NO_GIT, format!("cannot read git revisions: {told}"))
}
