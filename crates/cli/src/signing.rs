//! What the verbs about signatures share: whose signature, by which key, at what time, and how a refusal is told.

mod audit;
mod bundle;
pub(crate) mod code;
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

pub(crate) use audit::{AuditArguments, Deed, actor, begin_log, failed as log_failed, journal, tell_notices};
pub(crate) use bundle::{Accepted, BundleArguments};
pub(crate) use code::{
    AUDIT_LOG_ABSENT, AUDIT_LOG_BROKEN, AUDIT_LOG_TORN, EPOCH_NOT_RESET, HOST_STATE_NOT_USABLE,
    KEY_NOT_USABLE, KEY_NOT_WRITTEN, NO_SIGNING_KEY, NOT_SIGNED, NOT_VERIFIED, SIGNING_KEY_NOT_TRUSTED,
    SOURCE_NOT_COMMITTED, TRUST_ROOT_NOT_CHANGED, TRUST_ROOT_NOT_USABLE,
};
pub(crate) use key::{KeyArguments, passphrase, public_key};
pub(crate) use telovix_host::HOST_STATE;
pub(crate) use trust_root::{
    FindTrustRoot, HOST_TRUST_ROOT, HostTrust, NamedTrustRoot, Origin, RepositoryTrust, TrustRootEntry,
    VerifyTrust,
};

use crate::exit::Exit;
use crate::failure::Failure;

/// Where the file with the fleet's one public key lies.
pub(crate) const PUBLIC_KEY: &str = "policy-signing.pub";

/// The flags about the time of a decision.
#[derive(Debug, Args)]
pub(crate) struct Moment {
    /// Decide as of this moment, such as `2026-11-21T10:00:00Z`; now when absent.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Moment {
    /// Returns the moment asked for, or the machine's clock.
    pub(crate) fn timestamp(&self) -> Timestamp {
        self.at.unwrap_or_else(|| Timestamp::from_system_time(SystemTime::now()))
    }
}

/// Reads a trust root file.
///
/// # Errors
/// When it is none.
pub(crate) fn read_chain(path: &Path) -> Result<Chain, Failure> {
    Chain::read(path).map_err(|error| root_failure(path, error))
}

/// Tells why a signature does not count, with its own exit code.
pub(crate) fn refused(refusal: &Refusal) -> Failure {
    Failure::new(exit(refusal), code::of(refusal), refusal.to_string()).help(refusal.help())
}

/// Returns the exit code of a refusal.
pub(crate) fn exit(refusal: &Refusal) -> Exit {
    let number = refusal.exit_code();
    Exit::ALL.into_iter().find(|exit| exit.code() == number).unwrap_or(Exit::Findings)
}

/// Tells why a trust root file was not read, trusted or changed.
pub(crate) fn root_failure(path: &Path, error: ChainError) -> Failure {
    match error {
        ChainError::Refused(refusal) => refused(&refusal),
        ChainError::Change(_) | ChainError::Signer(_) | ChainError::NotARootKey(_) => {
            Failure::new(Exit::CannotRun, &TRUST_ROOT_NOT_CHANGED, error.to_string())
        }
        error => {
            let message = match error {
                ChainError::File { .. } => error.to_string(),
                error => format!("`{}`: {error}", shown(path)),
            };
            Failure::new(Exit::CannotRun, &TRUST_ROOT_NOT_USABLE, message)
        }
    }
}

/// Tells that something could not be done, in the words of the error.
pub(crate) fn cannot(code: &'static Code, error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::CannotRun, code, error.to_string())
}

/// Reads a file that is named on the command line whole.
pub(crate) fn read_named(path: &Path, code: &'static Code) -> Result<Vec<u8>, Failure> {
    let told = |error: io::Error| {
        Failure::new(Exit::CannotRun, code, format!("cannot read `{}`: {error}", shown(path)))
    };
    fs::read(path).map_err(told)
}
