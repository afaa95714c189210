//! The flags that say what a bundle is held against -> the bundle's verified bytes, and the record that it was accepted.

use std::path::{Path, PathBuf};

use clap::Args;
use telovix_host::HOST_STATE;
use telovix_trust::bundle::{self, Expectations, VerifiedBundle, VerifyError};
use telovix_trust::root::Chain;
use telovix_trust::{Acceptance, Host, HostState, RecordError, Timestamp};

use super::{HOST_STATE_NOT_USABLE, Moment, NOT_VERIFIED, TrustRootArguments, cannot, refused};
use crate::failure::Failure;

/// The flags of the verbs that accept bundles.
#[derive(Debug, Args)]
pub(crate) struct BundleArguments {
    #[command(flatten)]
    pub(crate) trust_root: TrustRootArguments,
    /// The sensor id of this host.
    #[arg(long, value_name = "ID")]
    pub(crate) sensor: Option<String>,
    /// A group this host belongs to; may be given several times.
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// Where this host remembers the epoch it accepted; `/var/lib/telovix/trust-state.json`, if it exists, when absent.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Accept this older epoch, on purpose.
    #[arg(long, value_name = "EPOCH")]
    pub(crate) allow_epoch: Option<u64>,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

/// A bundle that may be used, and what it was held against.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The bytes that were verified.
    pub(crate) bundle: VerifiedBundle,
    /// The trust root.
    pub(crate) chain: Chain,
    what: String,
}

impl BundleArguments {
    /// Verifies a bundle against the trust root, the host and its memory.
    ///
    /// # Errors
    /// With the exit code of the refusal; with 2 when something cannot be read.
    pub(crate) fn verify(&self, path: &Path) -> Result<Accepted, Failure> {
        let now = self.moment.timestamp();
        let (_, chain) = self.trust_root.read(&[path.to_owned()])?;
        let state = self.remembered()?;
        let verified = self.decide(path, &chain, &state, now);
        let bundle = verified.map_err(|error| match error {
            VerifyError::Refused(refusal) => refused(&refusal),
            error @ VerifyError::File { .. } => cannot(&NOT_VERIFIED, &error),
        })?;
        Ok(Accepted { bundle, chain, what: format!("bundle `{}`", path.display()) })
    }

    fn decide(
        &self,
        path: &Path,
        chain: &Chain,
        state: &HostState,
        now: Timestamp,
    ) -> Result<VerifiedBundle, VerifyError> {
        let root = chain.current_for(state, state.not_before(now))?;
        let host = Host { sensor: self.sensor.clone(), groups: self.groups.clone() };
        let expect = Expectations { root, host: &host, state, now, allowed_epoch: self.allow_epoch };
        bundle::verify(path, &expect)
    }

    /// Remembers that the bundle was accepted, before it takes effect.
    ///
    /// # Errors
    /// When something newer was accepted meanwhile, or the memory cannot be written.
    pub(crate) fn record(&self, accepted: &Accepted) -> Result<(), Failure> {
        let acceptance = Acceptance {
            what: &accepted.what,
            approval: &accepted.bundle.approval,
            chain: &accepted.chain,
            allowed_epoch: self.allow_epoch,
        };
        match HostState::record(&self.state_path(), &acceptance) {
            Ok(_) => Ok(()),
            Err(RecordError::Refused(refusal)) => Err(refused(&refusal)),
            Err(RecordError::State(error)) => Err(cannot(&HOST_STATE_NOT_USABLE, &error)),
        }
    }

    /// Reads what this host remembers.
    ///
    /// # Errors
    /// When the memory cannot be read or is damaged.
    pub(crate) fn remembered(&self) -> Result<HostState, Failure> {
        HostState::read(&self.state_path()).map_err(|error| cannot(&HOST_STATE_NOT_USABLE, &error))
    }

    /// Returns where this host remembers what it accepted.
    pub(crate) fn state_path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| PathBuf::from(HOST_STATE))
    }
}
