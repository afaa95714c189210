//! The trust root of the repository -> whether a key may sign by it, and which signatures count already.

use std::path::{Path, PathBuf};

use telovix_trust::root::{Revocation, TrustedKey};
use telovix_trust::{PublicKey, Role, Timestamp, TrustRoot};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::signing::{NamedTrustRoot, RepositoryTrust, SIGNING_KEY_NOT_TRUSTED, root_failure};

/// What signing has to know about the trust root.
pub(super) struct Trust {
    /// Which file it is.
    pub(super) named: NamedTrustRoot,
    /// The folder it lies in, where a key may lie as well.
    pub(super) folder: PathBuf,
    /// The keys whose signatures count now.
    pub(super) keys: Vec<PublicKey>,
    /// How many signatures a bundle needs.
    pub(super) required: usize,
    root: TrustRoot,
}

impl Trust {
    /// Reads the trust root of the repository around the current folder; `None` where it has none.
    pub(super) fn read(arguments: &RepositoryTrust, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(named) = arguments.find()? else { return Ok(None) };
        let chain = named.read()?;
        let root = chain.current(now).map_err(|refusal| root_failure(&named.path, refusal.into()))?;
        let folder = named.path.parent().unwrap_or(Path::new("")).to_owned();
        let keys = root.usable_keys(Role::Sign, now);
        Ok(Some(Self { named, folder, keys, required: root.threshold(Role::Sign), root: root.clone() }))
    }

    /// Returns the keys whose signatures count now and for as long as the approval does. A policy that a retiring key
    /// signed is signed anew, or the bundle would end with that key.
    pub(super) fn keys_until(&self, end: Timestamp) -> Vec<PublicKey> {
        let lasting = self.root.usable_keys(Role::Sign, end.plus_seconds(-1));
        self.keys.iter().copied().filter(|key| lasting.contains(key)).collect()
    }

    /// Refuses a key whose signature no host with this trust root would take.
    ///
    /// # Errors
    /// When the trust root does not list the key for signing, has revoked it, or lets it count at another time.
    pub(super) fn check_signer(&self, key: PublicKey, now: Timestamp) -> Result<(), Failure> {
        let short = key.id().short();
        let problem = match self.root.key(key.id()) {
            None => format!("key {short} is not listed in the {}", self.named),
            Some(TrustedKey { name, revoked: Some(Revocation { at, reason }), .. }) => {
                format!("key `{name}` ({short}) was revoked at {at}: {reason}")
            }
            Some(TrustedKey { name, roles, .. }) if !roles.contains(&Role::Sign) => {
                format!("key `{name}` ({short}) may not sign bundles by the {}", self.named)
            }
            Some(TrustedKey { name, not_after: Some(end), .. }) if now >= *end => {
                format!("key `{name}` ({short}) ended at {end}; it is {now}")
            }
            Some(TrustedKey { name, not_before: Some(start), .. }) if now < *start => {
                format!("key `{name}` ({short}) counts from {start}; it is {now}")
            }
            Some(_) => return Ok(()),
        };
        Err(Failure::new(Exit::CannotRun, &SIGNING_KEY_NOT_TRUSTED, problem)
            .help("sign with a key that `telovix trust show` calls valid for bundles, or list this one first")
            .help(format!("decided by the {}", self.named)))
    }

    /// Returns when a key ends, where that is before this moment.
    pub(super) fn ends_before(&self, key: PublicKey, end: Timestamp) -> Option<Timestamp> {
        self.root.key(key.id()).and_then(|listed| listed.not_after).filter(|earlier| *earlier < end)
    }
}
