//! A command that could not run -> its findings and exit code.

use std::io;

use telovix_diagnostic::{Code, Diagnostic};
use telovix_workspace::Error;

use crate::exit::Exit;
use crate::output::{Amount, Format, Report, Streams, json, text};

/// Why a command stopped: findings about the run, and the exit code.
///
/// The code of each finding is declared next to its error type and listed in the catalogue for `telovix explain`.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    report: Box<Report>,
    /// Whether standard output already has data, so that the findings go to standard error as text.
    after_data: bool,
}

impl Failure {
    /// Stops with one finding about the whole run.
    pub(crate) fn new(exit: Exit, code: &'static Code, message: impl Into<String>) -> Self {
        Self::because(exit, Report::without_sources(vec![Diagnostic::new(code, None, message)]))
    }

    /// Stops with findings that point into sources.
    pub(crate) fn because(exit: Exit, report: Report) -> Self {
        Self { exit, report: Box::new(report), after_data: false }
    }

    /// Stops without output: the user knows the reason.
    pub(crate) fn quiet(exit: Exit) -> Self {
        Self::because(exit, Report::default())
    }

    /// Reports the findings on standard error in every format: standard output already has data.
    #[must_use]
    pub(crate) fn told_as_text(self) -> Self {
        Self { after_data: true, ..self }
    }

    /// Adds help to the last finding.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        if let Some(diagnostic) = self.report.diagnostics.last_mut() {
            diagnostic.help.push(text.into());
        }
        self
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns the findings.
    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        &self.report.diagnostics
    }

    /// Returns the findings, to be reported together with others.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.report.diagnostics
    }

    /// Returns the code of each finding.
    #[cfg(test)]
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
    }

    /// Prints the findings and returns the exit code. The output is a JSON report on standard output if the format is
    /// JSON, else text on standard error.
    pub(crate) fn tell(&self, streams: &mut Streams, format: Format) -> Exit {
        if self.report.diagnostics.is_empty() {
            return self.exit;
        }
        let told = match format {
            _ if self.after_data => text::write(&self.report, Amount::ALL, &mut streams.talk),
            Format::Text => text::write(&self.report, Amount::ALL, &mut streams.talk),
            Format::Json => json::write(&self.report, &mut streams.data),
        };
        if told.is_ok() { self.exit } else { Exit::CannotRun }
    }
}

impl From<io::Error> for Failure {
    /// A stream that cannot be written, such as a redirection to a full disk.
    fn from(error: io::Error) -> Self {
        Self::new(Exit::CannotRun, &CANNOT_PRINT, format!("cannot write the output: {error}"))
    }
}

impl From<Error> for Failure {
    /// A repository that cannot be opened or written.
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Interrupted => return Self::quiet(Exit::Interrupted),
            _ => Exit::CannotRun,
        };
        let (code, help, message) = (error.code(), error.help(), error.to_string());
        match error {
            Error::Settings(findings) | Error::Baseline(findings) => Self::because(exit, (*findings).into()),
            _ => {
                let failure = Self::new(exit, code, message);
                match help {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
        }
    }
}

/// The output stream cannot be written.
pub(crate) static CANNOT_PRINT: Code = Code::page(include_str!("failure.md"));
