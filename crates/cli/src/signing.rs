//! What the verbs about signatures share: whose signature, by which key, at what time, and how a refusal is told.

mod audit;
mod bundle;
pub(crate) mod code;
mod key;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use telovix_diagnostic::Code;
use telovix_trust::root::{Chain, ChainError};
use telovix_trust::{Refusal, Timestamp};

pub(crate) use audit::{AuditArguments, Deed, actor};
pub(crate) use bundle::{Accepted, BundleArguments};
pub(crate) use code::{
    AUDIT_LOG_BROKEN, AUDIT_LOG_NOT_WRITTEN, AUDIT_LOG_TORN, HOST_STATE_NOT_USABLE, KEY_NOT_USABLE,
    KEY_NOT_WRITTEN, NO_SIGNING_KEY, NO_TRUST_ROOT, NOT_SIGNED, NOT_VERIFIED, TRUST_ROOT_NOT_CHANGED,
    TRUST_ROOT_NOT_USABLE,
};
pub(crate) use key::{KeyArguments, passphrase, public_key};

use crate::compilation::Repository;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;

/// Where the trust root of a host lies.
pub(crate) const HOST_TRUST_ROOT: &str = "/etc/telovix/trust-root.json";
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

/// The flags that name a trust root.
#[derive(Debug, Args)]
pub(crate) struct TrustRootArguments {
    /// The trust root; `trust_root` of `telovix.yaml`, `trust-root.json` in the repository's root, or
    /// `/etc/telovix/trust-root.json` when absent.
    #[arg(long, value_name = "FILE")]
    trust_root: Option<PathBuf>,
}

impl TrustRootArguments {
    /// Returns the trust root file of the repository around the current folder or around `near`, or of the host;
    /// `None` where there is none.
    ///
    /// # Errors
    /// When a configuration has a mistake.
    pub(crate) fn find(&self, near: &[PathBuf]) -> Result<Option<PathBuf>, Failure> {
        if self.trust_root.is_some() {
            return Ok(self.trust_root.clone());
        }
        for paths in [&[], near] {
            let path = self.of_repository(&Repository::find(paths)?);
            if path.exists() {
                return Ok(Some(path));
            }
        }
        let host = PathBuf::from(HOST_TRUST_ROOT);
        Ok(host.exists().then_some(host))
    }

    /// Returns where the trust root of this repository is or would be.
    pub(crate) fn of_repository(&self, repository: &Repository) -> PathBuf {
        self.trust_root.clone().unwrap_or_else(|| repository.trust_root())
    }

    /// Reads the trust root file that [`TrustRootArguments::find`] finds.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(crate) fn read(&self, near: &[PathBuf]) -> Result<(PathBuf, Chain), Failure> {
        let path = self.find(near)?.ok_or_else(|| {
            Failure::new(Exit::CannotRun, &NO_TRUST_ROOT, "there is no trust root here")
                .help("make one with `telovix trust init`, or name one with `--trust-root`")
        })?;
        let chain = read_chain(&path)?;
        Ok((path, chain))
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
