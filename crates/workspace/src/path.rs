//! Paths as they are displayed, and the names of special files.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The name of the file that marks the root of a policy repository.
pub const CONFIGURATION: &str = "telovix.yaml";

/// The name of the file with the trust root, unless the settings name another.
pub const TRUST_ROOT: &str = "trust-root.json";

/// The name of standard input in findings and artifacts.
pub const STANDARD_INPUT: &str = "<stdin>";

/// Returns whether a file in a folder is read as a policy, by its name.
#[must_use]
pub fn is_policy_name(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Returns a path for display: relative to the current folder if it is below it.
#[must_use]
pub fn shown(path: &Path) -> String {
    // Without a current folder, the full path is shown.
    match absolute(Path::new(".")).as_deref().map(|here| path.strip_prefix(here)) {
        Ok(Ok(below)) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(Ok(below)) => below.display().to_string(),
        Ok(Err(_)) | Err(_) => path.display().to_string(),
    }
}

/// Returns the absolute path without `.` and `..`. Links are not resolved: findings show the path that the user wrote.
///
/// # Errors
/// When the path is empty or the current folder does not exist.
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

/// Returns where a new output folder is built: next to the old one, so that both are on one file system.
pub(crate) fn staging(output: &Path) -> Option<PathBuf> {
    let name = output.file_name()?.to_string_lossy();
    Some(output.with_file_name(format!(".{name}.partial")))
}
