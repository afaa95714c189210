//! A git repository -> the hook enabled in it, or what to do to enable it.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The folder of hooks that this repository brings along.
const HOOKS: &str = ".githooks";

/// Enables the hook unless other hooks are in use; returns what was done.
pub(super) fn enable(git: Option<&Path>) -> String {
    let how = format!("git config core.hooksPath {HOOKS}");
    let Some(root) = git else {
        return format!("this is no git repository; after `git init`, enable the hook with `{how}`");
    };
    let run = |arguments: &[&str]| Command::new("git").arg("-C").arg(root).args(arguments).output();
    let other = format!("other hooks are in use; call `{HOOKS}/pre-commit` from them, or run `{how}`");
    match run(&["config", "core.hooksPath"]) {
        Ok(set) if set.status.success() => {
            let folder = String::from_utf8_lossy(&set.stdout).trim().to_owned();
            return if folder == HOOKS { format!("the hook in `{HOOKS}` is enabled") } else { other };
        }
        Err(_) => return format!("git was not found; enable the hook with `{how}`"),
        Ok(_) => {}
    }
    let own = fs::read_dir(root.join(".git/hooks")).into_iter().flatten().flatten();
    if own.filter(|hook| !hook.file_name().to_string_lossy().ends_with(".sample")).count() > 0 {
        return other;
    }
    match run(&["config", "core.hooksPath", HOOKS]) {
        Ok(set) if set.status.success() => format!("enabled the hook: `{how}`"),
        _ => format!("enable the hook with `{how}`"),
    }
}
