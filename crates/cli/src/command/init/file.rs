//! The files of a policy repository: where each one goes, and how it is written next to what exists.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// One file.
pub(super) struct File {
    path: &'static str,
    text: &'static str,
    /// What it is for.
    pub(super) role: Role,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A policy to start from.
    Example,
    /// A schema for editors, of this version.
    Schema,
    /// Settings, documentation, hooks.
    Other,
}

/// The folder, and the root of the git repository around it.
pub(super) struct At<'run> {
    pub(super) folder: &'run Path,
    pub(super) git: Option<&'run Path>,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is new, or was replaced by the one of this version.
    New,
    /// So many lines were added to it.
    Added(usize),
    /// Another one exists.
    Kept,
    /// The same one exists.
    Unchanged,
}

impl At<'_> {
    /// Returns where a file goes: hooks and workflows to the root of the git repository, where git and CI look for them.
    pub(super) fn path(&self, file: &File) -> PathBuf {
        let is_of_git = [".githooks/", ".github/"].iter().any(|start| file.path.starts_with(start));
        let root = if is_of_git { self.git.unwrap_or(self.folder) } else { self.folder };
        root.join(file.path)
    }

    /// Returns a path as it is told: relative to the root of the git repository.
    pub(super) fn told(&self, path: &Path) -> String {
        path.strip_prefix(self.git.unwrap_or(self.folder)).unwrap_or(path).display().to_string()
    }

    /// Returns the folder relative to the root of the git repository: empty, or with a `/` at its end.
    fn below(&self) -> String {
        let below = self.git.and_then(|git| self.folder.strip_prefix(git).ok()).unwrap_or(Path::new(""));
        let below = below.display().to_string();
        if below.is_empty() { below } else { format!("{below}/") }
    }
}

impl File {
    /// Returns whether it is the settings, or the text about the repository.
    pub(super) fn is_about_the_repository(&self) -> bool {
        ["telovix.yaml", "README.md"].contains(&self.path)
    }

    /// Returns the top folder of the file.
    pub(super) fn folder(&self) -> &'static str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Writes the file unless there is one. The lines of `.gitignore` are added to an existing one.
    pub(super) fn write(&self, path: &Path, place: &At<'_>, replace: bool) -> io::Result<Written> {
        let below = place.below();
        let folder = if below.is_empty() { "." } else { below.trim_end_matches('/') };
        let version = env!("CARGO_PKG_VERSION");
        let text =
            self.text.replace("@BELOW@", &below).replace("@FOLDER@", folder).replace("@VERSION@", version);
        match fs::read_to_string(path) {
            Ok(exists) if exists == text => return Ok(Written::Unchanged),
            Ok(exists) if self.path == ".gitignore" => return add_lines(path, exists, &text),
            Ok(_) if !replace => return Ok(Written::Kept),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return if path.exists() && !replace { Ok(Written::Kept) } else { Err(error) };
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &text)?;
        if text.starts_with("#!") {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Written::New)
    }
}

/// Adds the patterns that are missing.
fn add_lines(path: &Path, mut exists: String, wanted: &str) -> io::Result<Written> {
    let is_missing = |line: &&str| {
        let bare = |line: &str| line.trim().trim_matches('/').to_owned();
        !line.starts_with('#') && !exists.lines().any(|known| bare(known) == bare(line))
    };
    let missing: Vec<&str> = wanted.lines().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(Written::Unchanged);
    }
    if !exists.is_empty() && !exists.ends_with('\n') {
        exists.push('\n');
    }
    let count = missing.len();
    for line in missing {
        exists.push_str(line);
        exists.push('\n');
    }
    fs::write(path, exists)?;
    Ok(Written::Added(count))
}

macro_rules! file {
    ($path:literal, $text:literal, $role:ident) => {
        File { path: $path, text: include_str!(concat!("repository/", $text)), role: Role::$role }
    };
}

/// A generated schema of the repository this tool is built from.
macro_rules! schema {
    ($name:literal) => {
        File {
            path: concat!(".telovix/schemas/", $name),
            text: include_str!(concat!("../../../../../schemas/", $name)),
            role: Role::Schema,
        }
    };
}

/// The repository, and the schemas for editors, so that completion works offline.
pub(super) static FILES: &[File] = &[
    file!("telovix.yaml", "telovix.yaml", Other),
    file!("profiles/amf.yaml", "profile.yaml", Example),
    file!("rules/kernel-modules.yaml", "rule.yaml", Example),
    file!("README.md", "README.md", Other),
    file!(".gitignore", "gitignore", Other),
    file!(".githooks/pre-commit", "pre-commit", Other),
    file!(".github/workflows/policies.yaml", "workflow.yaml", Other),
    schema!("telovix.json"),
    schema!("baseline.json"),
    schema!("guardian-profile.json"),
    schema!("enforcement-rule.json"),
    schema!("guardian-policy.json"),
    schema!("policy-pack.json"),
    schema!("runtime-guard.json"),
    schema!("invariant.json"),
    schema!("tracing-policy.json"),
    schema!("event.json"),
];
