//! The keys that `verify` checks against: one named public key, or the keys of a trust root.

use std::fmt;
use std::path::PathBuf;

use telovix_trust::{Digest, KeyId, PublicKey, Refusal, Role, Timestamp, TrustRoot};

use super::Arguments;
use crate::failure::Failure;
use crate::signing::{FindTrustRoot as _, NamedTrustRoot, TrustRootEntry, public_key, refused, root_failure};

/// What signatures are checked against.
pub(super) enum Basis {
    /// One key, named with `--public-key`.
    PublicKey { file: PathBuf, key: PublicKey },
    /// A trust root.
    TrustRoot(NamedTrustRoot),
}

/// The keys that single policies are verified with.
pub(super) enum Keys {
    /// The fleet's one key.
    One(PublicKey),
    /// The signing keys of a trust root.
    Root { root: Box<TrustRoot>, now: Timestamp, named: NamedTrustRoot },
}

impl Basis {
    /// Finds it by the flags and the current folder, independent of what is verified.
    pub(super) fn find(arguments: &Arguments) -> Result<Self, Failure> {
        match &arguments.public_key {
            Some(file) => Ok(Basis::PublicKey { file: file.clone(), key: public_key(file)? }),
            None => arguments.bundle.trust_root.find().map(Basis::TrustRoot),
        }
    }

    /// Returns the JSON entries for it.
    pub(super) fn entries(&self) -> (Option<TrustRootEntry>, Option<String>) {
        match self {
            Basis::PublicKey { file, .. } => (None, Some(file.display().to_string())),
            Basis::TrustRoot(root) => (Some(root.entry()), None),
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Basis::PublicKey { file, .. } => {
                write!(out, "public key `{}` named with `--public-key`", file.display())
            }
            Basis::TrustRoot(root) => root.fmt(out),
        }
    }
}

impl Keys {
    pub(super) fn of(basis: &Basis, arguments: &Arguments) -> Result<Self, Failure> {
        let named = match basis {
            Basis::PublicKey { key, .. } => return Ok(Keys::One(*key)),
            Basis::TrustRoot(root) => root,
        };
        let chain = named.read()?;
        let state = arguments.bundle.remembered(named)?;
        let now = state.not_before(arguments.bundle.moment.timestamp());
        arguments.bundle.follow(&chain, named, &state)?;
        let root = chain
            .current_for(state.root, now)
            .map_err(|refusal| root_failure(&named.path, refusal.into()))?;
        Ok(Keys::Root { root: Box::new(root.clone()), now, named: named.clone() })
    }

    /// Returns every key to check signatures against.
    pub(super) fn all(&self) -> Vec<PublicKey> {
        match self {
            Keys::One(key) => vec![*key],
            Keys::Root { root, .. } => {
                let signing = root.keys().iter().filter(|key| key.roles.contains(&Role::Sign));
                signing.map(|key| key.public_key).collect()
            }
        }
    }

    /// Accepts a correct signature if its key is valid now; otherwise returns the refusal.
    pub(super) fn judge(
        &self,
        subject: &str,
        result: Result<(KeyId, Digest), Refusal>,
    ) -> Result<(KeyId, Digest), Failure> {
        let standing = result.and_then(|(key, digest)| {
            if let Keys::Root { root, now, .. } = self
                && let Some(listed) = root.key(key)
            {
                listed.standing(&format!("`{subject}`"), *now)?;
            }
            Ok((key, digest))
        });
        standing.map_err(|refusal| match self {
            Keys::One(_) => refused(&refusal),
            Keys::Root { named, .. } => refused(&refusal).help(format!("checked against {named}")),
        })
    }
}
