//! What is about to be done, and how it ended -> lines of the audit log. Only what was announced can be done.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use telovix_diagnostic::Code;
use telovix_trust::audit::{self, Action, Actor, Appended, AuditError, Outcome, Record};
use telovix_trust::{Digest, Timestamp};

use crate::code;

/// Where a host keeps its log: beside its memory of accepted epochs.
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
    /// The command before was stopped while it wrote a line, of which so many bytes were cut off. The log says so too.
    LineNotFinished {
        /// The log.
        log: PathBuf,
        /// How many bytes of the line lay there; 0 when it was only announced.
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
pub struct Deed {
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
    /// Anything else a reader should know.
    pub detail: String,
}

/// A deed that the log knows of, so that it may be done. Drop it only where the process ends: a reader of the log takes
/// an announcement without an end for a crash.
#[derive(Debug)]
#[must_use = "the log is to say how it ended"]
pub struct Announced {
    record: Record,
}

impl Announced {
    /// Adds what a reader should know of how it went.
    pub(crate) fn noting(mut self, detail: String) -> Self {
        self.record.detail = detail;
        self
    }
}

impl Deed {
    /// Says what is done to what.
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

    /// Writes down what is about to be done.
    ///
    /// # Errors
    /// When the log is not whole or cannot be written; then nothing may be done.
    pub fn announce(&mut self, deed: &Deed) -> Result<Announced, AuditError> {
        let record = self.record(deed);
        self.write(&record, Outcome::Begun)?;
        Ok(Announced { record })
    }

    /// Writes down, in one line, something that is done with the writing of it.
    ///
    /// # Errors
    /// As [`Journal::announce`].
    pub fn note(&mut self, deed: &Deed) -> Result<(), AuditError> {
        let record = self.record(deed);
        self.write(&record, Outcome::Success)
    }

    /// Writes down, in one line, that something was refused before it was begun.
    ///
    /// # Errors
    /// As [`Journal::announce`].
    pub fn refused(&mut self, deed: &Deed) -> Result<(), AuditError> {
        let record = self.record(deed);
        self.write(&record, Outcome::Failure)
    }

    /// Writes down that it was done, as which generation of which policy.
    ///
    /// # Errors
    /// When it was done, and the log could not be written any more.
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

    /// Writes down why it was not done.
    ///
    /// # Errors
    /// When the log could not be written any more.
    pub fn failed(&mut self, announced: Announced, detail: String) -> Result<(), AuditError> {
        let Announced { record } = announced;
        self.write(&Record { detail, ..record }, Outcome::Failure)
    }

    /// Moves the log aside, whole or broken, and begins a new one whose first line holds its digest. Returns where the
    /// old one lies.
    ///
    /// # Errors
    /// When there is no log, or the files cannot be moved or written.
    pub fn begin_new(&mut self) -> Result<PathBuf, AuditError> {
        let record = self.record(&Deed::new(Action::LogBegun, String::new()));
        audit::renew(&self.path, &record).map(|renewed| renewed.kept)
    }

    /// Returns what a person should know, and forgets it.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices)
    }

    fn record(&self, deed: &Deed) -> Record {
        let Deed { action, subject, sha256, epoch, policy, detail } = deed.clone();
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

    /// Writes down a record as it is, about something that changes no host.
    ///
    /// # Errors
    /// When the log is not whole or cannot be written.
    pub fn put(&mut self, record: &Record) -> Result<(), AuditError> {
        // A fresh host has no folder yet; another log is put only where there is a folder for it.
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
