//! The flags that name an audit log -> lines in it, and warnings about it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use telovix_diagnostic::Diagnostic;
use telovix_host::{Announced, HOST_LOG, HostError, Journal, Notice};
use telovix_trust::audit::{Action, AuditError, Record};
use telovix_trust::{Digest, Timestamp};
use telovix_workspace::shown;

use super::host_failure;
use crate::failure::Failure;
use crate::output::{Amount, Report, Streams, text};

pub(crate) use telovix_host::actor;

const LOG_NAME: &str = "audit.ndjson";

/// The flag that names an audit log to continue.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// Append what was done, and by whom, to this audit log; `telovix trust log` reads it.
    ///
    /// Changes of a host (`apply`, `confirm`, `rollback`, `remove`, `verify --accept`, and `trust` on the host's own
    /// trust root) are always logged: when absent, to `audit.ndjson` next to the state file, in `/var/lib/telovix`.
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
}

impl AuditArguments {
    /// Returns the log, if one was named.
    pub(crate) fn named(&self) -> Option<PathBuf> {
        self.audit_log.clone()
    }

    /// Returns the log that was named, else the host's.
    pub(crate) fn of_host(&self) -> PathBuf {
        self.named().unwrap_or_else(|| PathBuf::from(HOST_LOG))
    }

    /// Returns the log that was named, else the one next to the host's state file.
    pub(crate) fn next_to(&self, state: &Path) -> PathBuf {
        self.named().unwrap_or_else(|| state.with_file_name(LOG_NAME))
    }

    /// Appends a record, when a log was named.
    ///
    /// # Errors
    /// When the log cannot be written, or was tampered with.
    pub(crate) fn record(&self, record: &Record, streams: &mut Streams) -> Result<(), Failure> {
        let Some(path) = self.named() else { return Ok(()) };
        let mut journal = journal(path);
        let put = journal.put(record);
        tell_notices(journal.take_notices(), streams)?;
        put.map_err(failed)
    }
}

/// Opens a log for the user of this process.
pub(crate) fn journal(path: PathBuf) -> Journal {
    Journal::new(path, actor(), || Timestamp::from_system_time(SystemTime::now()))
}

/// An operation that is logged before it is done, and again with its outcome.
#[derive(Debug)]
pub(crate) struct LoggedAction {
    journal: Journal,
    operation: telovix_host::Operation,
}

/// An operation that is in the log, so that it may be done.
#[derive(Debug)]
#[must_use = "the outcome must be logged"]
pub(crate) struct Begun {
    journal: Journal,
    announced: Announced,
}

impl LoggedAction {
    /// Describes what is about to be done, by the user of this process. Nothing is written yet.
    pub(crate) fn new(log: PathBuf, action: Action, subject: String) -> Self {
        Self { journal: journal(log), operation: telovix_host::Operation::new(action, subject) }
    }

    /// Adds the bundle that it is done with.
    #[must_use]
    pub(crate) fn with(mut self, sha256: Option<Digest>, epoch: Option<u64>, policy: Option<Digest>) -> Self {
        (self.operation.sha256, self.operation.epoch, self.operation.policy) = (sha256, epoch, policy);
        self
    }

    /// Logs it. Only then may it be done.
    ///
    /// # Errors
    /// When the log cannot be written, or was tampered with.
    pub(crate) fn begin(self, streams: &mut Streams) -> Result<Begun, Failure> {
        let Self { mut journal, operation } = self;
        let announced = journal.announce(&operation);
        tell_notices(journal.take_notices(), streams)?;
        Ok(Begun { announced: announced.map_err(failed)?, journal })
    }
}

impl Begun {
    /// Logs that it was done.
    ///
    /// # Errors
    /// When it was done, but the log could not be written.
    pub(crate) fn done(mut self) -> Result<(), Failure> {
        let done = self.journal.done(self.announced, None, None);
        done.map_err(|error| host_failure(&HostError::DoneNotLogged(error)))
    }

    /// Logs why it was not done, and returns that failure.
    pub(crate) fn failed(mut self, failure: Failure) -> Failure {
        let first = failure.diagnostics().first();
        let detail = first.map_or_else(String::new, |first| format!("{}: {}", first.code.id, first.message));
        // The failure itself matters more to the user than an error of the log.
        let _logged = self.journal.failed(self.announced, detail);
        failure
    }
}

/// Moves a log aside and begins a new one with its digest; returns the path of the old one.
///
/// # Errors
/// When there is no log, or the files cannot be moved or written.
pub(crate) fn begin_log(path: &Path) -> Result<PathBuf, Failure> {
    journal(path.to_owned()).begin_new().map_err(failed)
}

/// Returns the failure for a log that was not read or continued.
pub(crate) fn failed(error: AuditError) -> Failure {
    host_failure(&HostError::Log(error))
}

/// Warns about what was found in the log while writing to it.
pub(crate) fn tell_notices(notices: Vec<Notice>, streams: &mut Streams) -> Result<(), Failure> {
    for notice in notices {
        let code = notice.code();
        let Notice::LineNotFinished { log, bytes } = notice;
        let log = shown(&log);
        let message = match bytes {
            0 => format!("a command was stopped before it wrote the last line of `{log}`"),
            bytes => format!("the last line of `{log}` is incomplete; its {bytes} bytes were removed"),
        };
        let mut warning = Diagnostic::new(code, None, message);
        warning
            .help
            .push("the removal is recorded in the log, with a digest; check what happened on the machine at that time".to_owned());
        text::write(&Report::without_sources(vec![warning]), Amount::ALL, &mut streams.talk)?;
        streams.talk.flush()?;
    }
    Ok(())
}
