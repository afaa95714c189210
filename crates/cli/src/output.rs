//! What a verb has to say -> standard output and standard error.
//!
//! Data goes to standard output, everything else to standard error. Colour reaches terminals only and honours
//! `NO_COLOR`. A pipe that its reader closed swallows the rest, so that the exit code stays that of the findings.

pub(crate) mod github;
pub(crate) mod json;
pub(crate) mod junit;
mod report;
pub(crate) mod sarif;
pub(crate) mod text;

use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use clap::ValueEnum;

pub(crate) use report::{Report, Summary};

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document with a `version` and a published schema.
    Json,
}

/// The two streams of a run.
pub(crate) struct Streams {
    /// Standard output: what was asked for.
    pub(crate) data: Pipe,
    /// Standard error: everything else.
    pub(crate) talk: Pipe,
}

impl Streams {
    /// Opens the streams of this process.
    pub(crate) fn open() -> Self {
        Self {
            data: Pipe::new(AutoStream::auto(io::stdout())),
            talk: Pipe::new(AutoStream::auto(io::stderr())),
        }
    }

    /// Writes what is still held back.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.data.flush()?;
        self.talk.flush()
    }
}

/// A buffered stream that goes quiet, rather than fail, once its reader is gone.
pub(crate) struct Pipe {
    inner: BufWriter<Box<dyn Write>>,
    closed: bool,
}

impl Pipe {
    fn new(stream: impl Write + 'static) -> Self {
        Self { inner: BufWriter::new(Box::new(stream)), closed: false }
    }

    /// Tells whether the reader is gone, so that a stream without end can stop.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    fn quiet<T>(&mut self, outcome: io::Result<T>, instead: T) -> io::Result<T> {
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.quiet(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.quiet(flushed, ())
    }
}

impl Drop for Pipe {
    /// A reader that is gone must not be written to once more: what is held back is dropped.
    fn drop(&mut self) {
        if self.closed {
            let gone: Box<dyn Write> = Box::new(io::sink());
            let (_, _held_back) = std::mem::replace(&mut self.inner, BufWriter::new(gone)).into_parts();
        }
    }
}
