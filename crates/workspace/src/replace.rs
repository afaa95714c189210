//! Bytes -> files that are written as a whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes a file next to its place and renames it: a reader sees the old or the new file, and a failure leaves the old one.
/// The folder is created when it is missing.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = write_partial(path, bytes)?;
    fs::rename(&partial, path).inspect_err(|_| {
        let _removed = fs::remove_file(&partial);
    })
}

/// Writes files that do not exist, the last one last: all of them, or none. Folders that were created stay.
///
/// # Errors
/// With the path that exists, or cannot be written.
pub fn add_files(files: &[(PathBuf, String)]) -> Result<(), (PathBuf, io::Error)> {
    let mut partials = Vec::new();
    let mut written = Vec::new();
    let result = (|| {
        for (path, text) in files {
            if path.symlink_metadata().is_ok() {
                return Err((path.clone(), io::ErrorKind::AlreadyExists.into()));
            }
            partials.push(write_partial(path, text.as_bytes()).map_err(|error| (path.clone(), error))?);
        }
        for ((path, _), partial) in files.iter().zip(&partials) {
            fs::rename(partial, path).map_err(|error| (path.clone(), error))?;
            written.push(path);
        }
        Ok(())
    })();
    if result.is_err() {
        for path in partials.iter().chain(written) {
            let _removed = fs::remove_file(path);
        }
    }
    result
}

fn write_partial(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = path.with_file_name(format!(".{name}.partial"));
    fs::write(&partial, bytes).inspect_err(|_| {
        let _removed = fs::remove_file(&partial);
    })?;
    Ok(partial)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{add_files, replace_file};

    #[test]
    fn one_that_cannot_be_written_leaves_none() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("there"), "old").unwrap();
        let file = |name: &str| (root.path().join(name), "new".to_owned());
        for bad in ["there", "there/below"] {
            let (path, _) = add_files(&[file("a/b"), file("c"), file(bad)]).unwrap_err();
            assert_eq!(path, root.path().join(bad));
            assert!(!root.path().join("a/b").exists() && !root.path().join("c").exists());
            assert!(!root.path().join(".c.partial").exists());
            assert_eq!(fs::read(root.path().join("there")).unwrap(), b"old");
        }
        add_files(&[file("a/b"), file("c")]).unwrap();
        assert_eq!(fs::read(root.path().join("a/b")).unwrap(), b"new");
    }

    #[test]
    fn a_file_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x/y");
        replace_file(&path, b"1").unwrap();
        replace_file(&path, b"2").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::read_dir(root.path().join("x")).unwrap().count(), 1);
    }
}
