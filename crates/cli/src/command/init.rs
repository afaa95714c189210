//! An empty folder -> a small policy repository that compiles without findings.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_diagnostic::Code;
use telovix_workspace::shown;

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// Create a policy repository with a working profile, rule, git hook and CI workflow.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix init policies && cd policies && telovix compile")]
pub(crate) struct Arguments {
    /// The folder; created if missing. Existing files are never overwritten.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let exist: Vec<_> = FILES.iter().filter(|file| self.folder.join(file.path).exists()).collect();
        if let [first, others @ ..] = exist.as_slice() {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let message = format!("`{}` already has `{}`{more}", shown(&self.folder), first.path);
            let failure = Failure::new(Exit::CannotRun, &REPOSITORY_EXISTS, message);
            return Err(failure.help("name an empty folder: `telovix init policies`"));
        }
        for file in FILES {
            file.write(&self.folder).map_err(|error| {
                let message = format!("cannot write `{}`: {error}", shown(&self.folder.join(file.path)));
                Failure::new(Exit::CannotRun, &REPOSITORY_NOT_WRITTEN, message)
            })?;
            writeln!(streams.data, "{}", file.path)?;
        }
        writeln!(streams.talk, "next: `telovix compile` in `{}`", shown(&self.folder))?;
        Ok(Exit::Clean)
    }
}

/// One file of the new repository.
struct Template {
    path: &'static str,
    text: &'static str,
}

impl Template {
    fn write(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(self.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, self.text)?;
        if self.text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

/// A generated schema of the repository this tool is built from.
macro_rules! schema {
    ($name:literal) => {
        Template {
            path: concat!(".telovix/schemas/", $name),
            text: include_str!(concat!("../../../../schemas/", $name)),
        }
    };
}

/// The repository, and the schemas for editors, so that completion works offline.
static FILES: &[Template] = &[
    Template { path: "telovix.yaml", text: include_str!("init/repository/telovix.yaml") },
    Template { path: "profiles/amf.yaml", text: include_str!("init/repository/profile.yaml") },
    Template { path: "rules/kernel-modules.yaml", text: include_str!("init/repository/rule.yaml") },
    Template { path: "README.md", text: include_str!("init/repository/README.md") },
    Template { path: ".gitignore", text: include_str!("init/repository/gitignore") },
    Template { path: ".githooks/pre-commit", text: include_str!("init/repository/pre-commit") },
    Template { path: ".github/workflows/policies.yaml", text: include_str!("init/repository/workflow.yaml") },
    schema!("telovix.json"),
    schema!("guardian-profile.json"),
    schema!("enforcement-rule.json"),
    schema!("guardian-policy.json"),
    schema!("policy-pack.json"),
    schema!("runtime-guard.json"),
    schema!("tracing-policy.json"),
];

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[&REPOSITORY_EXISTS, &REPOSITORY_NOT_WRITTEN];

/// The folder has files that a new repository would replace.
static REPOSITORY_EXISTS: Code = Code::page(include_str!("init/repository-exists.md"));

/// A file of the new repository cannot be written.
static REPOSITORY_NOT_WRITTEN: Code = Code::page(include_str!("init/repository-not-written.md"));
