//! One file -> its bytes, decompressed, and whether the file was complete.
//!
//! Compression and the output of strace are recognised by the first bytes, never by the name. A file is read up to the size it has when it is
//! opened, so that one that grows comes to an end.

mod zstandard;

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::source::Source;
use crate::strace;
use zstandard::Frames;

/// A file could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// What happened, and where.
    pub problem: String,
}

/// A file changed while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// It became shorter: these bytes were expected and not there.
    Shrank(u64),
    /// It became longer: these bytes were not read.
    Grew(u64),
}

impl Incomplete {
    /// Says what happened, and whether events were lost.
    pub(crate) fn told(self) -> (String, bool) {
        match self {
            Self::Shrank(bytes) => (format!("it became {bytes} bytes shorter while it was read"), true),
            Self::Grew(bytes) => (format!("{bytes} bytes were added while it was read"), false),
        }
    }
}

/// The decompressed bytes of a source.
pub(crate) struct Stream {
    reader: Box<dyn Read + Send>,
    file: Option<(File, u64)>,
    raw: Arc<AtomicU64>,
}

impl Stream {
    /// Opens a source. What is read of it is added to `progress`.
    pub(crate) fn open(source: &Source, progress: &Arc<AtomicU64>) -> io::Result<Self> {
        let raw = Arc::new(AtomicU64::new(0));
        let counted = |inner| Counted { inner, here: Arc::clone(&raw), everywhere: Arc::clone(progress) };
        match source {
            Source::StandardInput => {
                let reader = decompressed(counted(Box::new(io::stdin()) as Box<dyn Read + Send>))?;
                Ok(Self { reader, file: None, raw })
            }
            Source::File(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Ok(Self { reader: decompressed(counted(Box::new(file)))?, file: None, raw });
                }
                let end = metadata.len();
                let limited = file.try_clone()?.take(end);
                Ok(Self { reader: decompressed(counted(Box::new(limited)))?, file: Some((file, end)), raw })
            }
        }
    }

    /// Tells, at the end, whether the file was another one then.
    pub(crate) fn changed(&self) -> Option<Incomplete> {
        let (file, end) = self.file.as_ref()?;
        let read = self.raw.load(Ordering::Relaxed);
        if read < *end {
            return Some(Incomplete::Shrank(end - read));
        }
        let now = file.metadata().ok()?.len();
        (now > *end).then(|| Incomplete::Grew(now - end))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// Counts what is read.
struct Counted {
    inner: Box<dyn Read + Send>,
    here: Arc<AtomicU64>,
    everywhere: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.here.fetch_add(read as u64, Ordering::Relaxed);
        self.everywhere.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The first bytes of a gzip member (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The first bytes of a Zstandard frame (RFC 8878), and the last three of a skippable one.
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PASSED_OVER: &[u8] = &[0x2a, 0x4d, 0x18];
/// What is read at a time of compressed files.
const PIECE: usize = 1 << 17;

/// Returns whether a file that starts with these bytes is compressed.
pub(crate) fn is_compressed(first: &[u8]) -> bool {
    is_gzip(first) || is_zstandard(first)
}

fn is_gzip(first: &[u8]) -> bool {
    first.starts_with(GZIP)
}

fn is_zstandard(first: &[u8]) -> bool {
    first == ZSTANDARD || first.split_first().is_some_and(|(low, rest)| low >> 4 == 5 && rest == PASSED_OVER)
}

fn decompressed(mut raw: Counted) -> io::Result<Box<dyn Read + Send>> {
    let mut first = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut first)?;
    let (gzip, zstandard) = (is_gzip(&first), is_zstandard(&first));
    let whole: Chain<Cursor<Vec<u8>>, Counted> = Cursor::new(first).chain(raw);
    if gzip {
        recognised(MultiGzDecoder::new(BufReader::with_capacity(PIECE, whole)))
    } else if zstandard {
        recognised(Frames::new(BufReader::with_capacity(PIECE, whole)))
    } else {
        recognised(whole)
    }
}

/// Bytes of the first line that are looked at.
const FIRST_LINE: usize = 4_096;

/// Returns the bytes as they are, or as events if the first line is one of strace.
fn recognised(mut plain: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut first = Vec::new();
    let mut broken = None;
    while first.len() < FIRST_LINE && !first.contains(&b'\n') {
        let start = first.len();
        first.resize(FIRST_LINE, 0);
        let read = first.get_mut(start..).map_or(Ok(0), |room| plain.read(room));
        first.truncate(start + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What comes before the error is read first.
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    let line = first.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_trace = strace::is_of_strace(line) && broken.is_none();
    let whole = Cursor::new(first).chain(Failing(broken)).chain(plain);
    Ok(if is_trace { Box::new(strace::Events::new(whole)) } else { Box::new(whole) })
}

/// Gives an error once, if there is one.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
