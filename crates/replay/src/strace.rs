//! The output of `strace -f -ttt -y` -> Telovix events, one line for each line, so that a trace is read like any other
//! history and places in it are right. Lines without an event become empty; lines that are none of strace stay as they
//! are, and are counted as malformed.

mod call;
mod line;
mod process;
mod value;

use std::io::{self, BufRead, BufReader, Read};

pub(crate) use line::is_of_strace;
use line::{Content, Line};
use process::Processes;

/// What is read at a time.
const PIECE: usize = 1 << 16;

/// A trace that is read as events.
pub(crate) struct Events<R> {
    trace: BufReader<R>,
    processes: Processes,
    line: Vec<u8>,
    out: Vec<u8>,
    given: usize,
}

impl<R: Read> Events<R> {
    /// Starts to read a trace.
    pub(crate) fn new(trace: R) -> Self {
        Self {
            trace: BufReader::with_capacity(PIECE, trace),
            processes: Processes::default(),
            line: Vec::new(),
            out: Vec::new(),
            given: 0,
        }
    }

    /// Translates the next line; returns false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.out.clear();
        self.given = 0;
        // A line that is too long for a history is passed on in parts, so that it is counted there.
        let read =
            self.trace.by_ref().take(crate::chunk::LONGEST_LINE as u64).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(false);
        }
        let text = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let ended = text.len() < self.line.len();
        let parsed = std::str::from_utf8(text).ok().and_then(Line::parse);
        match parsed {
            Some(Line { content: Content::Nothing, .. }) => {}
            Some(line) => match self.processes.take(&line) {
                Ok(Some(event)) => self.out.extend_from_slice(event.to_string().as_bytes()),
                Ok(None) => {}
                Err(process::NotACall) => self.out.extend_from_slice(text),
            },
            None => self.out.extend_from_slice(text),
        }
        if ended {
            self.out.push(b'\n');
        }
        Ok(true)
    }
}

impl<R: Read> Read for Events<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let rest = self.out.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (Some(from), Some(to)) = (rest.get(..count), buffer.get_mut(..count)) else { return Ok(0) };
        to.copy_from_slice(from);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
