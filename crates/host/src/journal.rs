//! An operation and its outcome -> lines of the audit log. Only what was announced can be done.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use telovix_diagnostic::Code;
use telovix_trust::audit::{self, Action, Actor, Appended, AuditError, Outcome, Record};
use telovix_trust::{Digest, Timestamp};

use crate::code;

/// The audit log of a host, next to its state file.
pub const HOST_LOG: &str = "/var/lib/telovix/audit.ndjson";

/// An audit log, who writes to it, and by what clock.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    actor: Actor,
    clock: fn() -> Timestamp,
    notices: Vec<Notice>,
}

/// Something about the log that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The previous command was stopped while it wrote a line; its incomplete bytes were removed, which the log records.
    LineNotFinished {
        /// The log.
        log: PathBuf,
        /// How many bytes of the line were written; 0 when it was only announced.
        bytes: u64,
    },
}

impl Notice {
    /// Returns the code of this notice.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::LineNotFinished { .. } => &code::AUDIT_LOG_TORN,
        }
    }
}

/// Something that is done to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done.
    pub action: Action,
    /// To what.
    pub subject: String,
    /// The digest of the manifest or file.
    pub sha256: Option<Digest>,
    /// The epoch of the bundle.
    pub epoch: Option<u64>,
    /// The digest of the policy.
    pub policy: Option<Digest>,
    /// Any other detail.
    pub detail: String,
}

/// An operation that is in the log, so that it may be done. Drop it only where the process ends: an announcement
/// without an outcome looks like a crash to readers of the log.
#[derive(Debug)]
#[must_use = "the outcome must be logged"]
pub struct Announced {
    record: Record,
}

impl Announced {
    /// Adds a detail about the outcome.
    pub(crate) fn noting(mut self, detail: String) -> Self {
        self.record.detail = detail;
        self
    }
}

impl Operation {
    /// Describes an action on a subject.
    #[must_use]
    pub fn new(action: Action, subject: String) -> Self {
        Self { action, subject, sha256: None, epoch: None, policy: None, detail: String::new() }
    }
}

impl Journal {
    /// Names a log. Nothing is read or written yet.
    #[must_use]
    pub fn new(path: PathBuf, actor: Actor, clock: fn() -> Timestamp) -> Self {
        Self { path, actor, clock, notices: Vec::new() }
    }

    /// Logs what is about to be done.
    ///
    /// # Errors
    /// When the log is not intact or cannot be written; then nothing may be done.
    pub fn announce(&mut self, operation: &Operation) -> Result<Announced, AuditError> {
        let record = self.record(operation);
        self.write(&record, Outcome::Begun)?;
        Ok(Announced { record })
    }

    /// Logs, in one line, something that is done once it is logged.
    ///
    /// # Errors
    /// As [`Journal::announce`].
    pub fn note(&mut self, operation: &Operation) -> Result<(), AuditError> {
        let record = self.record(operation);
        self.write(&record, Outcome::Success)
    }

    /// Logs, in one line, that something was refused before it was begun.
    ///
    /// # Errors
    /// As [`Journal::announce`].
    pub fn refused(&mut self, operation: &Operation) -> Result<(), AuditError> {
        let record = self.record(operation);
        self.write(&record, Outcome::Failure)
    }

    /// Logs that it was done, with generation and policy.
    ///
    /// # Errors
    /// When it was done, but the log could not be written.
    pub fn done(
        &mut self,
        announced: Announced,
        generation: Option<u32>,
        policy: Option<Digest>,
    ) -> Result<(), AuditError> {
        let Announced { mut record } = announced;
        record.generation = generation;
        record.policy = policy.or(record.policy);
        self.write(&record, Outcome::Success)
    }

    /// Logs why it was not done.
    ///
    /// # Errors
    /// When the log could not be written.
    pub fn failed(&mut self, announced: Announced, detail: String) -> Result<(), AuditError> {
        let Announced { record } = announced;
        self.write(&Record { detail, ..record }, Outcome::Failure)
    }

    /// Moves the log aside, intact or broken, and begins a new one whose first line has its digest. Returns the path of
    /// the old one.
    ///
    /// # Errors
    /// When there is no log, or the files cannot be moved or written.
    pub fn begin_new(&mut self) -> Result<PathBuf, AuditError> {
        let record = self.record(&Operation::new(Action::LogBegun, String::new()));
        audit::renew(&self.path, &record).map(|renewed| renewed.kept)
    }

    /// Returns the notices so far, and forgets them.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices)
    }

    fn record(&self, operation: &Operation) -> Record {
        let Operation { action, subject, sha256, epoch, policy, detail } = operation.clone();
        Record {
            created_at: (self.clock)(),
            action_type: action,
            outcome: Outcome::Begun,
            actor: self.actor.clone(),
            subject,
            sha256,
            epoch,
            generation: None,
            policy,
            detail,
        }
    }

    fn write(&mut self, record: &Record, outcome: Outcome) -> Result<(), AuditError> {
        self.put(&Record { outcome, created_at: (self.clock)(), ..record.clone() })
    }

    /// Logs a record unchanged, about something that changes no host.
    ///
    /// # Errors
    /// When the log is not intact or cannot be written.
    pub fn put(&mut self, record: &Record) -> Result<(), AuditError> {
        // A new host has no folder yet; for any other log, the folder must exist.
        if self.path == Path::new(HOST_LOG)
            && let Some(folder) = self.path.parent()
        {
            let at = |source| AuditError::File { path: folder.to_owned(), source };
            fs::create_dir_all(folder).map_err(at)?;
        }
        let Appended { cut_off, .. } = audit::append(&self.path, record)?;
        self.notices.extend(cut_off.map(|bytes| Notice::LineNotFinished { log: self.path.clone(), bytes }));
        Ok(())
    }
}
