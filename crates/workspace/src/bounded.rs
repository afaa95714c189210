//! A file or a stream -> its bytes, refused by size before memory is allocated for it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The maximum size of a file in bytes: 1 GiB. Spans count bytes in 32 bits, and no reviewed file is this large.
pub const LARGEST_FILE: u64 = 1 << 30;

/// Reads a whole file.
///
/// # Errors
/// When it cannot be read, or is larger than [`LARGEST_FILE`] ([`io::ErrorKind::FileTooLarge`]). A regular file is then
/// not read at all; a pipe or device is read up to the limit.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // The size of a pipe or a device is unknown.
    let expected = if metadata.is_file() { metadata.len() } else { 0 };
    read(file, expected, LARGEST_FILE)
}

/// Reads to the end, but refuses more than `most` bytes. `expected` is the known size, or 0.
pub(crate) fn read(reader: impl Read, expected: u64, most: u64) -> io::Result<Vec<u8>> {
    if expected > most {
        return Err(too_large());
    }
    // One byte more, so that the end is detected without reallocation.
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    reader.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {LARGEST_FILE} bytes"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{self, ErrorKind, Read};

    use super::{LARGEST_FILE, read, read_file};

    /// A reader that must not be read.
    struct Untouched;

    impl Read for Untouched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("read although it is too large");
        }
    }

    #[test]
    fn a_size_that_is_known_to_be_too_large_is_not_read() {
        assert_eq!(read(Untouched, 9, 8).map_err(|error| error.kind()), Err(ErrorKind::FileTooLarge));
    }

    #[test]
    fn a_stream_without_end_is_stopped() {
        assert_eq!(read(io::repeat(b'x'), 0, 8).map_err(|error| error.kind()), Err(ErrorKind::FileTooLarge));
        assert_eq!(read(io::repeat(b'x').take(8), 0, 8).unwrap().len(), 8);
    }

    #[test]
    fn a_sparse_file_is_refused_by_its_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.yaml");
        File::create(&path).unwrap().set_len(2 * LARGEST_FILE).unwrap();
        assert_eq!(read_file(&path).map_err(|error| error.kind()), Err(ErrorKind::FileTooLarge));
    }
}
