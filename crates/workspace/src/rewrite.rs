//! New texts of files that were read -> all files replaced, or none.
//!
//! Each text is written to a file next to the one it replaces before the first file is replaced, so a full disk changes
//! nothing. When a replacement fails, the files before it get their old text back.

mod refusal;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::path::{STANDARD_INPUT, shown};
use crate::repair::Rewritten;

pub use refusal::{CODES, Refusal};

/// Replaces every file, or none; returns their paths. `root` is the folder that names are relative to. Links are
/// followed, permissions are kept.
///
/// # Errors
/// When a file must not be changed, or cannot be written: all of them are then unchanged.
pub fn rewrite(root: &Path, files: &[Rewritten]) -> Result<Vec<PathBuf>, Refusal> {
    let mut staged: Vec<Staged> = Vec::with_capacity(files.len());
    for file in files {
        // Staging files are removed when an error drops them.
        staged.push(Staged::new(checked(root, file)?, &file.after)?);
    }
    for (at, file) in staged.iter_mut().enumerate() {
        if let Err(error) = file.publish() {
            restore(&staged[..at], files);
            return Err(Refusal::NotWritten { path: shown(&staged[at].path), error });
        }
    }
    Ok(staged.iter().map(|file| file.path.clone()).collect())
}

/// Returns the real path of a file, if it may be changed.
fn checked(root: &Path, file: &Rewritten) -> Result<PathBuf, Refusal> {
    if file.name == STANDARD_INPUT {
        return Err(Refusal::StandardInput);
    }
    let path = root.join(&file.name);
    let told = shown(&path);
    let failed = |error| Refusal::NotWritten { path: told.clone(), error };
    let real = fs::canonicalize(&path).map_err(failed)?;
    if !real.starts_with(fs::canonicalize(root).map_err(failed)?) {
        return Err(Refusal::OutsideRoot(told));
    }
    if is_generated(&file.before) {
        return Err(Refusal::Generated(told));
    }
    let metadata = fs::metadata(&real).map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    if metadata.permissions().mode() & 0o222 == 0 {
        return Err(Refusal::ReadOnly(told));
    }
    // The access that this process has, whatever the bits say; nothing is changed by opening.
    OpenOptions::new().write(true).open(&real).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Refusal::ReadOnly(told.clone())
        }
        _ => failed(error),
    })?;
    if metadata.nlink() > 1 {
        return Err(Refusal::SeveralNames(told));
    }
    if fs::read(&real).map_err(failed)? != file.before.as_bytes() {
        return Err(Refusal::Changed(told));
    }
    Ok(real)
}

/// Returns whether a comment in the first lines says that a tool writes the file.
fn is_generated(text: &str) -> bool {
    let comments = text.lines().take(10).filter(|line| line.trim_start().starts_with('#'));
    let marks = |line: &str| line.contains("@generated") || line.to_ascii_uppercase().contains("DO NOT EDIT");
    comments.into_iter().any(marks)
}

/// A new text next to the file it replaces.
struct Staged {
    path: PathBuf,
    temporary: Option<PathBuf>,
}

impl Staged {
    fn new(path: PathBuf, text: &str) -> Result<Self, Refusal> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        let staged = Self { path, temporary: Some(temporary.clone()) };
        match staged.write(&temporary, text) {
            Ok(()) => Ok(staged),
            Err(error) => Err(Refusal::NotWritten { path: shown(&staged.path), error }),
        }
    }

    fn write(&self, temporary: &Path, text: &str) -> io::Result<()> {
        let mode = fs::metadata(&self.path)?.permissions().mode() & 0o7777;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()
    }

    fn publish(&mut self) -> io::Result<()> {
        let Some(temporary) = &self.temporary else { return Ok(()) };
        fs::rename(temporary, &self.path)?;
        self.temporary = None;
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Gives files their old text back, as far as possible.
fn restore(published: &[Staged], files: &[Rewritten]) {
    for (staged, file) in published.iter().zip(files) {
        if let Ok(mut old) = Staged::new(staged.path.clone(), &file.before) {
            let _ = old.publish();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::{Refusal, rewrite};
    use crate::repair::Rewritten;

    fn change(name: &str, before: &str) -> Rewritten {
        Rewritten { name: name.to_owned(), before: before.to_owned(), after: "new\r\n".to_owned() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_all_files_and_keeps_their_permissions() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a", "b"] {
            fs::write(folder.path().join(name), "old").expect("written");
        }
        fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o640)).expect("set");
        let written = rewrite(folder.path(), &[change("a", "old"), change("b", "old")]).expect("rewritten");
        assert_eq!(written.len(), 2);
        assert_eq!(fs::read_to_string(folder.path().join("b")).expect("read"), "new\r\n");
        let mode = fs::metadata(folder.path().join("a")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn changes_nothing_when_one_file_is_refused() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("far"), "old").expect("written");
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write("a", "old");
        write("locked", "old");
        write("made", "# @generated by a tool\nold");
        write("other", "edited meanwhile");
        write("twin", "old");
        fs::hard_link(folder.path().join("twin"), folder.path().join("twin-2")).expect("linked");
        fs::set_permissions(folder.path().join("locked"), fs::Permissions::from_mode(0o444)).expect("set");
        symlink(outside.path().join("far"), folder.path().join("link")).expect("linked");
        let kept = names(folder.path());
        let refused = |file: Rewritten| {
            let refusal = rewrite(folder.path(), &[change("a", "old"), file]).expect_err("refused");
            assert_eq!(fs::read_to_string(folder.path().join("a")).expect("read"), "old");
            assert_eq!(names(folder.path()), kept);
            refusal
        };
        assert!(matches!(refused(change("locked", "old")), Refusal::ReadOnly(_)));
        assert!(matches!(refused(change("link", "old")), Refusal::OutsideRoot(_)));
        assert!(matches!(refused(change("made", "# @generated by a tool\nold")), Refusal::Generated(_)));
        assert!(matches!(refused(change("other", "old")), Refusal::Changed(_)));
        assert!(matches!(refused(change("twin", "old")), Refusal::SeveralNames(_)));
        assert!(matches!(refused(change("<stdin>", "old")), Refusal::StandardInput));
        assert!(matches!(refused(change("gone", "old")), Refusal::NotWritten { .. }));
        assert_eq!(fs::read_to_string(outside.path().join("far")).expect("read"), "old");
    }
}
