//! Records of what was done -> lines of an append-only log, each bound by digest to all lines before it.
//!
//! Every line is one JSON object that holds the SHA-256 of the line before. Next to the log, `{log}.head` holds the
//! number of lines and the digest of the last one; the log is intact only if it ends exactly there. Before a line is
//! written, its digest goes into the head, so that a crash in between is not mistaken for a line added by something else.
//!
//! Any change by a process that can write only the log is detected. A process that can also write the head can
//! rewrite both: only a copy of the head kept elsewhere shows that ([`Log::holds`]).

mod append;
mod head;
mod read;
mod renew;

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use telovix_diagnostic::Code;

pub use append::{Appended, append};
pub use read::{Log, verify};
pub use renew::{Renewed, renew};

use crate::code;
use crate::encoding::Digest;
use crate::timestamp::Timestamp;

/// What was done, or attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A signature was made.
    Signed,
    /// A bundle or policy was verified.
    Verified,
    /// The host remembered a bundle's epoch, so that it refuses older ones.
    Accepted,
    /// A bundle was loaded into the kernel.
    Applied,
    /// An applied bundle was confirmed.
    Confirmed,
    /// The previous bundle was restored.
    RolledBack,
    /// All programs and maps were removed from the kernel.
    Removed,
    /// The trust root was changed or replaced.
    TrustChanged,
    /// Verification was skipped on purpose.
    VerificationSkipped,
    /// The log itself was continued after a line that a crash had left unfinished.
    LogRecovered,
    /// A new log was begun; the digest is that of the previous one, which was moved aside.
    LogBegun,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is about to be done; a later line records how it ended, unless the machine went down in between.
    Begun,
    /// It was done.
    Success,
    /// It was refused or failed, for the reason in the detail.
    Failure,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The number of the user whose process it was.
    pub uid: u32,
    /// The name of that user, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who became that user with `sudo`, from its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
}

impl fmt::Display for Actor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(person) = &self.sudo_user {
            write!(out, "{person} as ")?;
        }
        match &self.user {
            Some(user) => out.write_str(user),
            None => write!(out, "uid {}", self.uid),
        }
    }
}

/// What is recorded about one action. The log adds only the line number and the previous digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When.
    pub created_at: Timestamp,
    /// What.
    pub action_type: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to, such as a bundle's path.
    pub subject: String,
    /// The digest of the manifest or file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The epoch of the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The generation in the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// The digest of the policy in the kernel, as `telovix status` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The reason of a refusal, or anything else a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The number of the line, from 1.
    pub sequence: u64,
    /// The digest of the line before; of nothing, for the first one.
    pub previous: Digest,
    /// What happened.
    pub record: Record,
}

impl Entry {
    /// Returns the digest of this line, which the next one holds.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_line())
    }

    fn to_line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers have a JSON form")
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Action::Signed => "signed",
            Action::Verified => "verified",
            Action::Accepted => "accepted",
            Action::Applied => "applied",
            Action::Confirmed => "confirmed",
            Action::RolledBack => "rolled back",
            Action::Removed => "removed",
            Action::TrustChanged => "changed trust",
            Action::VerificationSkipped => "skipped verification of",
            Action::LogRecovered => "recovered",
            Action::LogBegun => "began a new log after",
        })
    }
}

/// Why a log was not read or continued.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The log or its head.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log was not tampered with, but its last line is incomplete. Appending removes and reports it.
    #[error("line {line} of `{path}` is cut short after {bytes} bytes: the command that wrote it was stopped", path = path.display())]
    Unfinished {
        /// The log.
        path: PathBuf,
        /// The line.
        line: u64,
        /// How many bytes of it were written.
        bytes: u64,
    },
    /// A line was changed, removed, inserted or cut off.
    #[error("line {line} of `{path}` does not continue the log: {detail}", path = path.display())]
    Broken {
        /// The log.
        path: PathBuf,
        /// The first line that does not continue the log.
        line: u64,
        /// Why not.
        detail: String,
    },
}

impl AuditError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            AuditError::File { .. } => &code::AUDIT_LOG_NOT_WRITTEN,
            AuditError::Unfinished { .. } | AuditError::Broken { .. } => &code::AUDIT_LOG_BROKEN,
        }
    }
}
