//! A folder -> a policy repository in it: what is missing is added, what exists is kept.

mod code;
mod file;
mod hook;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_workspace::{CONFIGURATION, absolute, shown};

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;
use crate::output::text::plural;
pub(crate) use code::CODES;
use code::{NO_REPOSITORY, REPOSITORY_NOT_WRITTEN};
use file::{At, FILES, File, Role, Written};

/// Create a policy repository, or add what is missing to an existing one: settings, a profile and a rule, schemas for
/// editors, a git hook and a CI workflow.
///
/// Existing files are kept and named. In a git repository the hook and the workflow are written to its root, and the hook is
/// enabled unless there are other hooks. The example policies are only written to a repository without settings.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix init                   # in an existing repository
  telovix init policies && cd policies && telovix compile
  telovix init --update          # after an upgrade: the schemas of this version")]
pub(crate) struct Arguments {
    /// The folder; created if missing. Existing files are never overwritten.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Replace the schemas in `.telovix/schemas` by those of this version, and change nothing else.
    #[arg(long)]
    update: bool,
}

/// Adds the files for editors, git and CI to a repository that `adopt` wrote, and enables the hook; returns what was added.
///
/// # Errors
/// When one cannot be written.
pub(super) fn add(folder: &Path) -> Result<Vec<String>, Failure> {
    let git = git_root(folder);
    let place = At { folder, git };
    let mut added = Vec::new();
    for file in around_policies() {
        let path = place.path(file);
        let told = || place.told(&path);
        match file.write(&path, &place, false).map_err(|error| not_written(&path, &error))? {
            Written::New => added.push(told()),
            Written::Added(lines) => added.push(format!("{} ({} added)", told(), plural(lines, "line"))),
            Written::Kept | Written::Unchanged => {}
        }
    }
    hook::enable(git);
    Ok(added)
}

/// Returns the files that [`add`] would add.
pub(super) fn missing(folder: &Path) -> Vec<String> {
    let place = At { folder, git: git_root(folder) };
    let paths = around_policies().map(|file| place.path(file));
    paths.filter(|path| path.symlink_metadata().is_err()).map(|path| place.told(&path)).collect()
}

/// Returns the files around policies that exist: all but the settings, the examples and the text about them.
fn around_policies() -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(|file| file.role != Role::Example && !file.is_about_the_repository())
}

fn git_root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
}

fn not_written(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let message = format!("cannot write `{}`: {error}", shown(path));
    Failure::new(Exit::CannotRun, &REPOSITORY_NOT_WRITTEN, message)
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let folder = absolute(&self.folder).map_err(|error| not_written(&self.folder, &error))?;
        let is_new = folder.join(CONFIGURATION).symlink_metadata().is_err();
        if self.update && is_new {
            let message =
                format!("`{}` has no `{CONFIGURATION}`, so it is no policy repository", shown(&folder));
            let failure = Failure::new(Exit::CannotRun, &NO_REPOSITORY, message);
            return Err(failure.help("run `telovix init` there first, or name the folder with it"));
        }
        let git = git_root(&folder);
        let place = At { folder: &folder, git };
        let wanted = |file: &&File| match file.role {
            Role::Schema => true,
            Role::Example => !self.update && is_new && !folder.join(file.folder()).exists(),
            Role::Other => !self.update,
        };
        let mut kept = Vec::new();
        // What is an example is decided before the first file is written.
        let files: Vec<&File> = FILES.iter().filter(wanted).collect();
        for file in files {
            let path = place.path(file);
            let written =
                file.write(&path, &place, self.update).map_err(|error| not_written(&path, &error))?;
            let told = place.told(&path);
            match written {
                Written::New => writeln!(streams.data, "{told}")?,
                Written::Added(lines) => writeln!(streams.data, "{told} ({} added)", plural(lines, "line"))?,
                Written::Kept => kept.push(told),
                Written::Unchanged => {}
            }
        }
        for path in &kept {
            writeln!(streams.talk, "kept `{path}`, which exists")?;
        }
        if self.update {
            return Ok(Exit::Clean);
        }
        writeln!(streams.talk, "{}", hook::enable(git))?;
        writeln!(streams.talk, "next: `telovix compile` in `{}`", shown(&folder))?;
        Ok(Exit::Clean)
    }
}
