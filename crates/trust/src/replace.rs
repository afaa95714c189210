//! Bytes -> a file that is complete or unchanged: written next to it, synced, renamed, and the folder synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Replaces or creates `path` with these bytes and permission bits.
///
/// After a crash at any point the path holds either its old content or the new one.
///
/// # Errors
/// Any error of the file system; the path is then unchanged.
pub fn replace_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    publish(path, bytes, mode, RenameFlags::empty())
}

/// Creates `path` with these bytes and permission bits, and refuses to overwrite anything.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when the path exists, and any error of the file system.
pub fn create_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    publish(path, bytes, mode, RenameFlags::NOREPLACE)
}

fn publish(path: &Path, bytes: &[u8], mode: u32, flags: RenameFlags) -> io::Result<()> {
    let temporary = temporary_path(path)?;
    let written = write_synced(&temporary, bytes, mode)
        .and_then(|()| Ok(renameat_with(CWD, &temporary, CWD, path, flags)?));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    File::open(folder_of(path))?.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Returns a name in the same folder that no other writer uses.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    static WRITES: AtomicU32 = AtomicU32::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path does not end in a file name"))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    let serial = WRITES.fetch_add(1, Ordering::Relaxed);
    temporary.push(format!(".{}-{serial}.partial", std::process::id()));
    Ok(path.with_file_name(temporary))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{create_whole, replace_whole};

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        replace_whole(&path, b"one", 0o644).expect("first write");
        replace_whole(&path, b"two", 0o600).expect("second write");
        assert_eq!(fs::read(&path).expect("readable"), b"two");
        assert_eq!(fs::metadata(&path).expect("exists").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("listable").count(), 1);
    }

    #[test]
    fn creating_never_overwrites() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        create_whole(&path, b"first", 0o600).expect("first write");
        let error = create_whole(&path, b"second", 0o600).expect_err("the file exists");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("readable"), b"first");
        assert_eq!(fs::read_dir(folder.path()).expect("listable").count(), 1);
    }
}
