//! The current step of a long run -> a progress line on the terminal, removed at the end.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A shorter run shows no progress line.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the line is updated.
const BEAT: Duration = Duration::from_millis(250);

/// Shows the current step on standard error until it is dropped. Does nothing without a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    line: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts with the name of the first step.
    pub(crate) fn start(step: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self { line: None };
        }
        let (sender, steps) = mpsc::channel();
        let mut step = step.to_owned();
        let painter = thread::spawn(move || {
            let start = Instant::now();
            let mut painted = false;
            let mut wait = PATIENCE;
            loop {
                match steps.recv_timeout(wait) {
                    Ok(next) => step = next,
                    Err(RecvTimeoutError::Timeout) => {
                        paint(&format!("{step} ({} s)", start.elapsed().as_secs()));
                        painted = true;
                        wait = BEAT;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            if painted {
                paint("");
            }
        });
        Self { line: Some((sender, painter)) }
    }

    /// Shows the next step.
    pub(crate) fn step(&self, step: impl Into<String>) {
        if let Some((sender, _)) = &self.line {
            // The painter lives as long as the sender.
            let _sent = sender.send(step.into());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, painter)) = self.line.take() {
            drop(sender);
            let _painted = painter.join();
        }
    }
}

/// Replaces the line. Write errors are ignored: a closed terminal does not stop the run.
fn paint(text: &str) {
    let mut stderr = io::stderr().lock();
    let _gone = write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush());
}
