//! The flags with what a bundle is checked against -> the bundle's verified bytes, and the record that it was accepted.

use std::path::{Path, PathBuf};

use clap::Args;
use telovix_host::HOST_STATE;
use telovix_trust::bundle::{self, Expectations, VerifiedBundle, VerifyError};
use telovix_trust::root::Chain;
use telovix_trust::{Acceptance, Host, HostState, RecordError, Timestamp};

use super::{
    FindTrustRoot, HOST_STATE_NOT_USABLE, HostTrust, Moment, NOT_VERIFIED, NamedTrustRoot, cannot, exit,
    refused,
};
use crate::failure::Failure;

/// The flags of the verbs that accept bundles, with how they find their trust root.
#[derive(Debug, Args)]
pub(crate) struct BundleArguments<Trust: Args = HostTrust> {
    #[command(flatten)]
    pub(crate) trust_root: Trust,
    /// The sensor id of this host.
    #[arg(long, value_name = "ID")]
    pub(crate) sensor: Option<String>,
    /// A group this host belongs to; can be given several times.
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// The state file with the epochs that the host accepted; when absent and the host's trust root is used,
    /// `/var/lib/telovix/trust-state.json`.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Accept this epoch although a newer one was accepted before.
    #[arg(long, value_name = "EPOCH")]
    pub(crate) allow_epoch: Option<u64>,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

/// A bundle that may be used, and what it was checked against.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The bytes that were verified.
    pub(crate) bundle: VerifiedBundle,
    /// The trust root.
    pub(crate) chain: Chain,
    what: String,
}

impl<Trust: Args + FindTrustRoot> BundleArguments<Trust> {
    /// Verifies a bundle by a trust root, and by the host's state where the host's trust root is used.
    ///
    /// # Errors
    /// With the exit code of the refusal; with 2 when something cannot be read.
    pub(crate) fn verify_by(&self, trust_root: &NamedTrustRoot, path: &Path) -> Result<Accepted, Failure> {
        let now = self.moment.timestamp();
        trust_root.refuse_inside(path)?;
        let chain = trust_root.read()?;
        let state = self.remembered(trust_root)?;
        self.follow(&chain, trust_root, &state)?;
        let verified = self.decide(path, &chain, &state, now);
        let bundle = verified.map_err(|error| match error {
            VerifyError::Refused(refusal) => refused(&refusal).help(format!("decided by {trust_root}")),
            error @ VerifyError::File { .. } => cannot(&NOT_VERIFIED, &error),
        })?;
        Ok(Accepted { bundle, chain, what: format!("bundle `{}`", path.display()) })
    }

    /// Refuses a trust root that is not the one this host follows, and names the state file.
    pub(crate) fn follow(
        &self,
        chain: &Chain,
        root: &NamedTrustRoot,
        state: &HostState,
    ) -> Result<(), Failure> {
        chain.check_pin(state.root).map_err(|refusal| {
            let state = self.state_path();
            Failure::new(exit(&refusal), refusal.code(), refusal.to_string())
                .help(format!(
                    "{root} was checked against the version that the host recorded in `{}`",
                    state.display()
                ))
                .help("replace it with the newest trust root of the fleet that this host follows")
        })
    }

    fn decide(
        &self,
        path: &Path,
        chain: &Chain,
        state: &HostState,
        now: Timestamp,
    ) -> Result<VerifiedBundle, VerifyError> {
        let root = chain.current_for(state.root, state.not_before(now))?;
        let host = Host { sensor: self.sensor.clone(), groups: self.groups.clone() };
        let expect = Expectations { root, host: &host, state, now, allowed_epoch: self.allow_epoch };
        bundle::verify(path, &expect)
    }

    /// Records that the bundle was accepted, before it takes effect.
    ///
    /// # Errors
    /// When something newer was accepted meanwhile, or the state file cannot be written.
    pub(crate) fn record(&self, accepted: &Accepted) -> Result<(), Failure> {
        let acceptance = Acceptance {
            what: &accepted.what,
            approval: &accepted.bundle.approval,
            signers: &accepted.bundle.signers,
            chain: &accepted.chain,
            allowed_epoch: self.allow_epoch,
        };
        match HostState::record(&self.state_path(), &acceptance) {
            Ok(_) => Ok(()),
            Err(RecordError::Refused(refusal)) => Err(refused(&refusal)),
            Err(RecordError::State(error)) => Err(cannot(&HOST_STATE_NOT_USABLE, &error)),
        }
    }

    /// Reads the state file, where the trust root is the host's or a state file was named. A host's state does not concern
    /// a repository that happens to be on it.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub(crate) fn remembered(&self, root: &NamedTrustRoot) -> Result<HostState, Failure> {
        if self.state.is_none() && !self.trust_root.concerns_host(root) {
            return Ok(HostState::default());
        }
        HostState::read(&self.state_path()).map_err(|error| cannot(&HOST_STATE_NOT_USABLE, &error))
    }

    /// Returns whether a state file was named.
    pub(crate) fn names_state(&self) -> bool {
        self.state.is_some()
    }
}

impl<Trust: Args> BundleArguments<Trust> {
    /// Returns the state file of this host.
    pub(crate) fn state_path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| PathBuf::from(HOST_STATE))
    }
}
