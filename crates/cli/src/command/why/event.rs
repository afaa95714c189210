//! A file of events, standard input, or one event on the command line -> events, or an error with its line.
//!
//! A stream is read line by line, and a line is never buffered beyond its limit, so memory use does not depend on the
//! size of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_policy::judge::Event;
use telovix_replay::events_of;
use telovix_workspace::{STANDARD_INPUT, shown};

use super::code::{INVALID_EVENT, UNREADABLE_EVENTS};
use crate::exit::Exit;
use crate::failure::Failure;

/// The maximum length of a line, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// Returns whether an argument is an event or a file of events, rather than a policy.
pub(super) fn is_argument(argument: &Path) -> bool {
    let text = argument.to_string_lossy();
    let lines = argument.extension().is_some_and(|extension| extension == "ndjson" || extension == "jsonl");
    text == "-" || lines || is_event(&text)
}

fn is_event(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// A stream of events.
pub(super) struct Events {
    name: String,
    lines: Box<dyn BufRead>,
    line: usize,
    /// The second event of a line of Tetragon.
    second: Option<Event>,
    is_argument: bool,
}

/// An input line that is not an event.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Refused {
    /// `invalid-event`; `telovix explain CODE` prints its page.
    code: &'static str,
    /// The line, from 1.
    line: usize,
    /// What is wrong with it.
    message: String,
}

impl Events {
    /// Opens the stream that the argument describes.
    pub(super) fn open(argument: &Path) -> Result<Self, Failure> {
        let text = argument.to_string_lossy();
        let is_argument = is_event(&text);
        let (name, lines): (String, Box<dyn BufRead>) = if text == "-" {
            (STANDARD_INPUT.to_owned(), Box::new(BufReader::new(io::stdin())))
        } else if is_argument {
            ("EVENT".to_owned(), Box::new(Cursor::new(text.into_owned())))
        } else {
            let file = File::open(argument).map_err(|error| {
                let message = format!("cannot read events from `{}`: {error}", shown(argument));
                Failure::new(Exit::CannotRun, &UNREADABLE_EVENTS, message)
            })?;
            (shown(argument), Box::new(BufReader::with_capacity(1 << 16, file)))
        };
        Ok(Self { name, lines, line: 0, second: None, is_argument })
    }

    /// Returns whether the event is on the command line.
    pub(super) fn is_argument(&self) -> bool {
        self.is_argument
    }

    /// Reads a line: an event of ours, or one that Tetragon exports.
    fn read(&mut self, text: &str) -> Result<Event, Refused> {
        let problem = match Event::parse(text) {
            Ok(event) => return Ok(event),
            Err(problem) => problem.to_string(),
        };
        let is_of_tetragon = text.contains("\"process_") && !text.contains("\"operation\"");
        if !is_of_tetragon {
            return Err(self.refuse(&problem));
        }
        let mut events = events_of(text.trim()).map_err(|problem| self.refuse(&problem))?.into_iter();
        let first = events.next();
        self.second = events.next();
        first.ok_or_else(|| self.refuse(&problem))
    }

    /// Returns the next event, or what is wrong with its line. Blank lines are skipped.
    pub(super) fn next(&mut self) -> Option<Result<Event, Refused>> {
        if let Some(second) = self.second.take() {
            return Some(Ok(second));
        }
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            self.line += 1;
            match self.lines.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(self.end(&error))),
            }
            let whole = bytes.last() == Some(&b'\n');
            if !whole && bytes.len() > LONGEST_LINE {
                return Some(Err(match self.pass_over_line() {
                    Ok(()) => self.refuse("the line is longer than 1 MiB"),
                    Err(error) => self.end(&error),
                }));
            }
            if !bytes.trim_ascii().is_empty() {
                break;
            }
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Some(Err(self.refuse("the line is not UTF-8")));
        };
        Some(self.read(text))
    }

    /// Discards the rest of a line.
    fn pass_over_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = match self.lines.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let read = end.map_or(chunk.len(), |end| end + 1);
            self.lines.consume(read);
            if end.is_some() || read == 0 {
                return Ok(());
            }
        }
    }

    /// Ends a stream after a read error.
    fn end(&mut self, error: &io::Error) -> Refused {
        self.lines = Box::new(io::empty());
        self.refuse(&format!("cannot read it: {error}"))
    }

    /// Returns the error about the last line that was read.
    pub(super) fn refuse(&self, problem: &str) -> Refused {
        Refused { code: INVALID_EVENT.id, line: self.line, message: problem.to_owned() }
    }

    /// Returns the finding about a line.
    pub(super) fn diagnostic(&self, refused: &Refused) -> Diagnostic {
        let message = format!("{}:{}: {}", self.name, refused.line, refused.message);
        Diagnostic::new(&INVALID_EVENT, None, message)
    }

    /// Returns the finding about lines that are not reported individually.
    pub(super) fn diagnostic_of_many(&self, lines: usize, more: &str) -> Diagnostic {
        let lines = match lines {
            1 => format!("1 {more}line is not an event"),
            lines => format!("{lines} {more}lines are not events"),
        };
        Diagnostic::new(&INVALID_EVENT, None, format!("{}: {lines}", self.name))
    }
}
