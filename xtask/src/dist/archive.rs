//! A folder -> a `.tar.gz` of the same bytes on every machine.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

/// The file that may be executed; all others are read only.
const PROGRAM: &str = "telovix";

/// In a gzip header: a file system that does not matter.
const UNKNOWN_SYSTEM: u8 = 255;

/// Packs the folder under its own name. Every entry has the given time, in Unix seconds, and owner 0.
pub(crate) fn pack(folder: &Path, seconds: u64) -> anyhow::Result<Vec<u8>> {
    let root = folder.file_name().context("the folder of an archive has a name")?;
    let mut archive = tar::Builder::new(Vec::new());
    for path in entries(folder)? {
        let below = path.strip_prefix(folder).context("an entry lies below its folder")?;
        append(&mut archive, &Path::new(root).join(below), &path, seconds)
            .with_context(|| path.display().to_string())?;
    }
    let bytes = archive.into_inner()?;
    let mut packed =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    packed.write_all(&bytes)?;
    Ok(packed.finish()?)
}

/// The folder and all that is below it, in the order of their names.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).with_context(|| path.display().to_string())? {
                found.push(entry?.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &Path, path: &Path, seconds: u64) -> anyhow::Result<()> {
    let kind = std::fs::symlink_metadata(path)?.file_type();
    let mut header = Header::new_ustar();
    header.set_mtime(seconds);
    header.set_uid(0);
    header.set_gid(0);
    if kind.is_dir() {
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        archive.append_data(&mut header, name.join(""), std::io::empty())?;
    } else if kind.is_file() {
        let bytes = std::fs::read(path)?;
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if path.file_name() == Some(OsStr::new(PROGRAM)) { 0o755 } else { 0o644 });
        header.set_size(bytes.len().try_into()?);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    } else {
        bail!("only files and folders go into a release");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// The same content, made in the given order, with other modes and times.
    fn folder(order: [&str; 3], mode: u32, age: u64) -> tempfile::TempDir {
        let parent = tempfile::tempdir().unwrap();
        for name in order {
            let path = parent.path().join("telovix-1.0.0").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, name).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            std::fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        }
        parent
    }

    fn packed(parent: &tempfile::TempDir, seconds: u64) -> Vec<u8> {
        pack(&parent.path().join("telovix-1.0.0"), seconds).unwrap()
    }

    #[test]
    fn bytes_do_not_depend_on_order_modes_or_times_of_the_files() {
        let one = packed(&folder(["telovix", "man/man1/telovix.1", "README.md"], 0o600, 0), 7);
        let two = packed(&folder(["README.md", "man/man1/telovix.1", "telovix"], 0o777, 90_000), 7);
        assert_eq!(one, two);
        assert_ne!(one, packed(&folder(["telovix", "man/man1/telovix.1", "README.md"], 0o600, 0), 8));
    }

    #[test]
    fn entries_are_sorted_and_owned_by_user_zero() {
        let bytes = packed(&folder(["telovix", "man/man1/telovix.1", "README.md"], 0o600, 0), 7);
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let seen = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 7));
            (entry.path().unwrap().display().to_string(), header.mode().unwrap())
        });
        let seen: Vec<_> = seen.collect();
        let expected = [
            ("telovix-1.0.0/", 0o755),
            ("telovix-1.0.0/README.md", 0o644),
            ("telovix-1.0.0/man/", 0o755),
            ("telovix-1.0.0/man/man1/", 0o755),
            ("telovix-1.0.0/man/man1/telovix.1", 0o644),
            ("telovix-1.0.0/telovix", 0o755),
        ];
        assert_eq!(seen, expected.map(|(name, mode)| (name.to_owned(), mode)));
    }

    #[test]
    fn links_are_refused() {
        let parent = folder(["telovix", "a", "b"], 0o600, 0);
        let folder = parent.path().join("telovix-1.0.0");
        std::os::unix::fs::symlink("a", folder.join("link")).unwrap();
        assert!(format!("{:#}", pack(&folder, 7).unwrap_err()).contains("only files and folders"));
    }
}
