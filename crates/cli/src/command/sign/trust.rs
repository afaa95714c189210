//! The trust root of the repository -> whether it allows a key to sign, and which keys are valid.

use std::path::{Path, PathBuf};

use telovix_trust::root::{Revocation, TrustedKey};
use telovix_trust::{PublicKey, Role, Timestamp, TrustRoot};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::signing::{NamedTrustRoot, RepositoryTrust, SIGNING_KEY_NOT_TRUSTED, root_failure};

/// The trust root, as needed for signing.
pub(super) struct Trust {
    /// Its file.
    pub(super) named: NamedTrustRoot,
    /// The folder it is in, where keys are looked for too.
    pub(super) folder: PathBuf,
    /// The keys that are valid for signing now.
    pub(super) keys: Vec<PublicKey>,
    /// How many signatures a bundle needs.
    pub(super) required: usize,
    root: TrustRoot,
}

impl Trust {
    /// Reads the trust root of the repository around the current folder; `None` if it has none.
    pub(super) fn read(arguments: &RepositoryTrust, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(named) = arguments.find()? else { return Ok(None) };
        let chain = named.read()?;
        let root = chain.current(now).map_err(|refusal| root_failure(&named.path, refusal.into()))?;
        let folder = named.path.parent().unwrap_or(Path::new("")).to_owned();
        let keys = root.usable_keys(Role::Sign, now);
        Ok(Some(Self { named, folder, keys, required: root.threshold(Role::Sign), root: root.clone() }))
    }

    /// Returns the keys that are valid from now until the approval expires. A policy signed by a key that expires earlier
    /// is signed again; otherwise the bundle would expire with that key.
    pub(super) fn keys_until(&self, end: Timestamp) -> Vec<PublicKey> {
        let lasting = self.root.usable_keys(Role::Sign, end.plus_seconds(-1));
        self.keys.iter().copied().filter(|key| lasting.contains(key)).collect()
    }

    /// Refuses a key whose signature no host with this trust root would accept.
    ///
    /// # Errors
    /// When the trust root does not list the key for signing, or the key is revoked, expired or not yet valid.
    pub(super) fn check_signer(&self, key: PublicKey, now: Timestamp) -> Result<(), Failure> {
        let short = key.id().short();
        let problem = match self.root.key(key.id()) {
            None => format!("key {short} is not listed in the {}", self.named),
            Some(TrustedKey { name, revoked: Some(Revocation { at, reason }), .. }) => {
                format!("key `{name}` ({short}) was revoked at {at}: {reason}")
            }
            Some(TrustedKey { name, roles, .. }) if !roles.contains(&Role::Sign) => {
                format!("key `{name}` ({short}) does not have the role `sign` in the {}", self.named)
            }
            Some(TrustedKey { name, not_after: Some(end), .. }) if now >= *end => {
                format!("key `{name}` ({short}) expired at {end}; it is now {now}")
            }
            Some(TrustedKey { name, not_before: Some(start), .. }) if now < *start => {
                format!("key `{name}` ({short}) is not valid before {start}; it is now {now}")
            }
            Some(_) => return Ok(()),
        };
        Err(Failure::new(Exit::CannotRun, &SIGNING_KEY_NOT_TRUSTED, problem)
            .help(
                "sign with a key that `telovix trust show` lists as valid for bundles, or add this one first",
            )
            .help(format!("checked against the {}", self.named)))
    }

    /// Returns when a key expires, if that is before `end`.
    pub(super) fn ends_before(&self, key: PublicKey, end: Timestamp) -> Option<Timestamp> {
        self.root.key(key.id()).and_then(|listed| listed.not_after).filter(|earlier| *earlier < end)
    }
}
