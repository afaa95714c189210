//! Paths as people read them, and the names that mean something in a repository.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The name of the file that marks the root of a policy repository.
pub const CONFIGURATION: &str = "telovix.yaml";

/// The name of the file with the trust root, unless the settings name another.
pub const TRUST_ROOT: &str = "trust-root.json";

/// What standard input is called in findings and artifacts.
pub const STANDARD_INPUT: &str = "<stdin>";

/// Returns whether a folder's file of this name is read.
#[must_use]
pub fn is_policy_name(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Returns a path as it is best shown: relative to the current folder when it lies below it.
#[must_use]
pub fn shown(path: &Path) -> String {
    // Without a current folder every path is shown whole.
    match absolute(Path::new(".")).as_deref().map(|here| path.strip_prefix(here)) {
        Ok(Ok(below)) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(Ok(below)) => below.display().to_string(),
        Ok(Err(_)) | Err(_) => path.display().to_string(),
    }
}

/// Returns the path from the root of the file system, without `.` and `..`. Links are not resolved: findings show
/// the path that the user wrote.
///
/// # Errors
/// When the path is empty or the current folder is gone.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    let mut result = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            part => result.push(part),
        }
    }
    Ok(result)
}

/// Returns where the successor of an output folder is built: beside it, so that both are on one file system.
pub(crate) fn staging(output: &Path) -> Option<PathBuf> {
    let name = output.file_name()?.to_string_lossy();
    Some(output.with_file_name(format!(".{name}.partial")))
}
