//! The output of a command -> standard output and standard error.
//!
//! Data goes to standard output, everything else to standard error. Colour is used on terminals only and respects
//! `NO_COLOR`. Output to a closed pipe is discarded, so that the exit code stays that of the findings.

mod amount;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod inline;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod narrated;
mod report;
pub(crate) mod sarif;
pub(crate) mod text;
pub(crate) mod xml;

use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use clap::{Args, ValueEnum};

pub(crate) use amount::Amount;
pub(crate) use report::{Report, Summary};

/// The output formats that every command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for the terminal.
    #[default]
    Text,
    /// One JSON document with a `version` and a published schema.
    Json,
}

/// The `--format` flag of the commands that print text or JSON.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct FormatArgument {
    /// Output format.
    #[arg(id = "format", long = "format", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) chosen: Format,
}

/// The two streams of a run.
pub(crate) struct Streams {
    /// Standard output: the requested data.
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

    /// Writes what is still buffered.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.data.flush()?;
        self.talk.flush()
    }
}

/// A buffered stream that discards output, instead of failing, once its reader is gone.
pub(crate) struct Pipe {
    inner: BufWriter<Box<dyn Write>>,
    closed: bool,
}

impl Pipe {
    fn new(stream: impl Write + 'static) -> Self {
        Self { inner: BufWriter::new(Box::new(stream)), closed: false }
    }

    /// Returns whether the reader is gone, so that an endless stream can stop.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes what is buffered, if there is anything: for a reader who waits.
    pub(crate) fn flush_now(&mut self) -> io::Result<()> {
        if self.inner.buffer().is_empty() { Ok(()) } else { self.flush() }
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
    /// Drops the buffered output if the reader is gone.
    fn drop(&mut self) {
        if self.closed {
            let gone: Box<dyn Write> = Box::new(io::sink());
            let (_, _buffered) = std::mem::replace(&mut self.inner, BufWriter::new(gone)).into_parts();
        }
    }
}
