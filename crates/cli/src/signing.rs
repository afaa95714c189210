//! What the verbs about signatures share: keys, trust roots, the time of a decision, the audit log and failures.

mod audit;
mod bundle;
pub(crate) mod code;
mod host;
mod key;
mod trust_root;

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use clap::Args;
use telovix_diagnostic::Code;
use telovix_trust::root::{Chain, ChainError};
use telovix_trust::{Refusal, Timestamp};
use telovix_workspace::shown;

pub(crate) use audit::{
    AuditArguments, LoggedAction, actor, begin_log, failed as log_failed, journal, tell_notices,
};
pub(crate) use bundle::{Accepted, BundleArguments};
pub(crate) use code::{
    AUDIT_LOG_ABSENT, KEY_NOT_WRITTEN, NO_SIGNING_KEY, SIGNING_KEY_NOT_TRUSTED, SOURCE_NOT_COMMITTED,
};
pub(crate) use host::host_failure;
pub(crate) use key::{KeyArguments, passphrase, public_key};
pub(crate) use telovix_host::HOST_STATE;
pub(crate) use telovix_trust::code::{
    AUDIT_LOG_BROKEN, EPOCH_NOT_RESET, HOST_STATE_NOT_USABLE, KEY_NOT_USABLE, NOT_SIGNED, NOT_VERIFIED,
    TRUST_ROOT_NOT_CHANGED,
};
pub(crate) use trust_root::{
    FindTrustRoot, HOST_TRUST_ROOT, HostTrust, NamedTrustRoot, Origin, RepositoryTrust, TrustRootEntry,
    VerifyTrust,
};

use crate::exit::Exit;
use crate::failure::Failure;

/// The file with the fleet's public key.
pub(crate) const PUBLIC_KEY: &str = "policy-signing.pub";

/// The flags about the time of a decision.
#[derive(Debug, Args)]
pub(crate) struct Moment {
    /// Use this time instead of now, such as `2026-11-21T10:00:00Z`.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Moment {
    /// Returns the moment that was given, or the current time.
    pub(crate) fn timestamp(&self) -> Timestamp {
        self.at.unwrap_or_else(|| Timestamp::from_system_time(SystemTime::now()))
    }
}

/// Reads a trust root file.
///
/// # Errors
/// When it cannot be read or is not one.
pub(crate) fn read_chain(path: &Path) -> Result<Chain, Failure> {
    Chain::read(path).map_err(|error| root_failure(path, error))
}

/// Returns the failure for a refusal, with its exit code.
pub(crate) fn refused(refusal: &Refusal) -> Failure {
    Failure::new(exit(refusal), refusal.code(), refusal.to_string()).help(refusal.help())
}

/// Returns the exit code of a refusal.
pub(crate) fn exit(refusal: &Refusal) -> Exit {
    let number = refusal.exit_code();
    Exit::ALL.into_iter().find(|exit| exit.code() == number).unwrap_or(Exit::Findings)
}

/// Returns the failure for a trust root file that was not read, trusted or changed.
pub(crate) fn root_failure(path: &Path, error: ChainError) -> Failure {
    let code = error.code();
    let message = match error {
        ChainError::Refused(refusal) => return refused(&refusal),
        ChainError::File { .. }
        | ChainError::Change(_)
        | ChainError::Signer(_)
        | ChainError::NotARootKey(_) => error.to_string(),
        ChainError::Shape(_) | ChainError::Envelope { .. } | ChainError::Root { .. } => {
            format!("`{}`: {error}", shown(path))
        }
    };
    Failure::new(Exit::CannotRun, code, message)
}

/// Returns the failure for an error, with its message.
pub(crate) fn cannot(code: &'static Code, error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::CannotRun, code, error.to_string())
}

/// Reads a file that is named on the command line.
pub(crate) fn read_named(path: &Path, code: &'static Code) -> Result<Vec<u8>, Failure> {
    let failure = |error: io::Error| {
        Failure::new(Exit::CannotRun, code, format!("cannot read `{}`: {error}", shown(path)))
    };
    fs::read(path).map_err(failure)
}
