//! A file that grows -> its bytes, also when it is truncated, or renamed and replaced by a new one.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Fed, PIECE};
use crate::source::Source;
use crate::stream::is_compressed;

/// How long to wait for more.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// A file that is followed by its name.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    read: u64,
}

impl Tail {
    /// Opens a source; `None` if it is not a file that can grow.
    pub(super) fn open(source: &Source) -> io::Result<Option<Self>> {
        let Source::File(path) = source else { return Ok(None) };
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(None);
        }
        let mut first = Vec::with_capacity(4);
        file.by_ref().take(4).read_to_end(&mut first)?;
        file.seek(SeekFrom::Start(0))?;
        Ok((!is_compressed(&first)).then(|| Self { path: path.clone(), file, read: 0 }))
    }

    /// Hands over what was added, and returns whether there was anything.
    pub(super) fn read<E>(
        &mut self,
        number: usize,
        send: &mut impl FnMut(Fed) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut bytes = vec![0; PIECE];
        match self.file.read(&mut bytes) {
            Ok(0) => self.ended(number, send),
            Ok(read) => {
                bytes.truncate(read);
                self.read += read as u64;
                send(Fed::Bytes(number, bytes))?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) => {
                // Told once: the file that takes its place is read from its start.
                send(Fed::Incomplete(number, error.to_string(), true))?;
                self.replace(number, send)
            }
        }
    }

    /// Looks whether the file was truncated or replaced.
    fn ended<E>(&mut self, number: usize, send: &mut impl FnMut(Fed) -> Result<(), E>) -> Result<bool, E> {
        let length = self.file.metadata().map_or(self.read, |metadata| metadata.len());
        if length < self.read {
            send(Fed::End(number))?;
            self.read = 0;
            return Ok(self.file.seek(SeekFrom::Start(0)).is_ok());
        }
        let same = |here: &Metadata, there: &Metadata| (here.dev(), here.ino()) == (there.dev(), there.ino());
        match (self.file.metadata(), fs::metadata(&self.path)) {
            // Bytes may have come since the read above.
            (Ok(here), Ok(there)) if !same(&here, &there) && here.len() == self.read => {
                self.replace(number, send)
            }
            _ => Ok(false),
        }
    }

    fn replace<E>(&mut self, number: usize, send: &mut impl FnMut(Fed) -> Result<(), E>) -> Result<bool, E> {
        let Ok(file) = File::open(&self.path) else { return Ok(false) };
        send(Fed::End(number))?;
        self.file = file;
        self.read = 0;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fs;
    use std::io::Write;

    use super::{Fed, Tail};
    use crate::source::Source;

    /// Returns what is read until nothing comes, with `|` for the end of a file.
    fn all(tail: &mut Tail) -> String {
        let mut text = String::new();
        let mut keep = |fed| {
            match fed {
                Fed::Bytes(_, bytes) => text.push_str(&String::from_utf8(bytes).unwrap()),
                Fed::End(_) => text.push('|'),
                Fed::Incomplete(..) => text.push('!'),
            }
            Ok::<(), Infallible>(())
        };
        while tail.read(0, &mut keep).unwrap() {}
        text
    }

    #[test]
    fn growth_truncation_and_rotation_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.log");
        fs::write(&path, "one\n").unwrap();
        let mut tail = Tail::open(&Source::File(path.clone())).unwrap().unwrap();
        assert_eq!(all(&mut tail), "one\n");
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"two\nthr").unwrap();
        assert_eq!(all(&mut tail), "two\nthr");
        fs::rename(&path, folder.path().join("events.log.1")).unwrap();
        file.write_all(b"ee\n").unwrap();
        assert_eq!(all(&mut tail), "ee\n", "the old file is read to its end while there is no new one");
        fs::write(&path, "four\n").unwrap();
        assert_eq!(all(&mut tail), "|four\n");
        fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        assert_eq!(all(&mut tail), "|");
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"5\n").unwrap();
        assert_eq!(all(&mut tail), "5\n");
    }

    #[test]
    fn compressed_files_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.log.gz");
        fs::write(&path, [0x1f, 0x8b, 8, 0]).unwrap();
        assert!(Tail::open(&Source::File(path)).unwrap().is_none());
        assert!(Tail::open(&Source::StandardInput).unwrap().is_none());
    }
}
