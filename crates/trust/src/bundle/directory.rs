//! A path below one directory -> the bytes of a regular file: each step is opened relative to the one before,
//! and symbolic links are never followed, even if they appear while we read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat};
use rustix::io::Errno;

const MAX_DEPTH: usize = 17;
const MAX_ENTRIES: usize = 1 << 20;

/// An open directory; renaming it or replacing it by a link has no effect.
#[derive(Debug)]
pub(super) struct Directory(OwnedFd);

/// Why a file below the directory was not read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no such file.
    #[error("it is missing")]
    Missing,
    /// A symbolic link, device, socket, pipe or directory where a file should be, or a link among the
    /// directories that lead to it.
    #[error("it is not a regular file (symbolic links are not followed)")]
    NotAFile,
    /// Larger than the limit.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// The directory has more or deeper entries than any bundle.
    #[error("the directory is too large to be a bundle")]
    TooMany,
    /// The file system refused.
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
}

impl Directory {
    /// Opens the directory the user named; the name itself may be a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Directory(open(path, flags, Mode::empty())?))
    }

    /// Reads a regular file of at most `limit` bytes.
    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, DirectoryError> {
        let (folders, name) =
            path.rsplit_once('/').map_or((None, path), |(folders, name)| (Some(folders), name));
        let mut inside: Option<OwnedFd> = None;
        for folder in folders.into_iter().flat_map(|folders| folders.split('/')) {
            inside = Some(self.step(inside.as_ref(), folder)?);
        }
        let folder = inside.as_ref().unwrap_or(&self.0);
        // Without NONBLOCK, opening a pipe would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = File::from(openat(folder, name, flags, Mode::empty()).map_err(refusal)?);
        let status = file.metadata()?;
        if !status.is_file() {
            return Err(DirectoryError::NotAFile);
        }
        if status.len() > limit {
            return Err(DirectoryError::TooLarge(limit));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(status.len()).unwrap_or(0));
        file.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(DirectoryError::TooLarge(limit)) } else { Ok(bytes) }
    }

    /// Returns the path of everything below the directory that is not a directory, links included.
    pub(super) fn list(&self) -> Result<BTreeSet<String>, DirectoryError> {
        let mut found = BTreeSet::new();
        let top = openat(&self.0, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let mut pending = vec![(String::new(), top.map_err(refusal)?, 0)];
        while let Some((prefix, folder, depth)) = pending.pop() {
            for entry in Dir::read_from(&folder).map_err(io::Error::from)? {
                let entry = entry.map_err(io::Error::from)?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let path = format!("{prefix}{}", name.to_string_lossy());
                let kind = match entry.file_type() {
                    FileType::Unknown => {
                        let status =
                            statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
                        FileType::from_raw_mode(status.st_mode)
                    }
                    known => known,
                };
                if kind == FileType::Directory {
                    let inner = self.step(Some(&folder), name)?;
                    pending.push((path + "/", inner, depth + 1));
                } else {
                    found.insert(path);
                }
                if depth > MAX_DEPTH || found.len() + pending.len() > MAX_ENTRIES {
                    return Err(DirectoryError::TooMany);
                }
            }
        }
        Ok(found)
    }

    fn step(
        &self,
        inside: Option<&OwnedFd>,
        name: impl rustix::path::Arg,
    ) -> Result<OwnedFd, DirectoryError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(inside.unwrap_or(&self.0), name, flags, Mode::empty()).map_err(refusal)
    }
}

fn refusal(errno: Errno) -> DirectoryError {
    match errno {
        Errno::NOENT => DirectoryError::Missing,
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => DirectoryError::NotAFile,
        other => DirectoryError::File(other.into()),
    }
}
