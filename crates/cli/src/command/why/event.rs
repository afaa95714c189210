//! A file of events, standard input, or one event on the command line -> events, with the line of each mistake.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use telovix_diagnostic::Diagnostic;
use telovix_policy::judge::Event;

use super::code::{INVALID_EVENT, UNREADABLE_EVENTS};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{STANDARD_INPUT, shown};

/// A line with more bytes is no event.
const LONGEST_LINE: u64 = 1 << 20;

/// Tells whether an argument is an event or names events, and so no policy.
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
}

impl Events {
    /// Opens the stream that the argument names.
    pub(super) fn open(argument: &Path) -> Result<Self, Failure> {
        let text = argument.to_string_lossy();
        let (name, lines): (String, Box<dyn BufRead>) = if text == "-" {
            (STANDARD_INPUT.to_owned(), Box::new(BufReader::new(io::stdin())))
        } else if is_event(&text) {
            ("EVENT".to_owned(), Box::new(Cursor::new(text.into_owned())))
        } else {
            let file = File::open(argument).map_err(|error| {
                let message = format!("cannot read events from `{}`: {error}", shown(argument));
                Failure::new(Exit::CannotRun, &UNREADABLE_EVENTS, message)
            })?;
            (shown(argument), Box::new(BufReader::with_capacity(1 << 16, file)))
        };
        Ok(Self { name, lines, line: 0 })
    }

    /// Returns the next event, or what is wrong with its line; empty lines are passed over.
    pub(super) fn next(&mut self) -> Option<Result<Event, Box<Diagnostic>>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            self.line += 1;
            match self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    // There is no next line to go on with.
                    self.lines = Box::new(io::empty());
                    return Some(Err(self.refuse(&error.to_string())));
                }
            }
            if bytes.len() as u64 == LONGEST_LINE && bytes.last() != Some(&b'\n') {
                self.lines = Box::new(io::empty());
                return Some(Err(self.refuse("the line is longer than 1 MiB; nothing after it was read")));
            }
            if !bytes.trim_ascii().is_empty() {
                break;
            }
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Some(Err(self.refuse("the line is not UTF-8")));
        };
        Some(Event::parse(text).map_err(|error| self.refuse(&error.to_string())))
    }

    /// Says what is wrong with the line that was read last.
    pub(super) fn refuse(&self, problem: &str) -> Box<Diagnostic> {
        let message = format!("{}:{}: {problem}", self.name, self.line);
        Box::new(Diagnostic::new(&INVALID_EVENT, None, message))
    }
}
