//! One version of the trust root -> whose signatures are accepted, how many are required, and since when.
//!
//! [`Chain`] is the file with all versions, [`Change`] makes the next one.

mod chain;
mod change;
mod key;
mod signers;
mod succession;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::epoch::highest_epoch;
use crate::key::KeyId;
use crate::timestamp::Timestamp;
pub use chain::{Chain, ChainError, MAX_CHAIN_BYTES, PinnedRoot};
pub use change::{Change, ChangeError};
pub use key::{Revocation, Role, TrustedKey};
pub use succession::SuccessionError;

const MAX_KEYS: usize = 256;

/// One version of the trust root whose rules were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRoot {
    version: u64,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    minimum_epoch: u64,
    thresholds: Thresholds,
    keys: Vec<TrustedKey>,
}

/// How many different keys of a role must sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// For a bundle.
    pub sign: usize,
    /// For the next version of the trust root.
    pub root: usize,
}

/// Why text is not a trust root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Not JSON of the expected shape.
    #[error("the trust root cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// One version breaks a rule.
    #[error("invalid trust root: {0}")]
    Rule(String),
    /// It breaks a rule about how it may differ from the previous version.
    #[error("invalid trust root: {0}")]
    Succession(#[from] SuccessionError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootDocument {
    version: u64,
    issued_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    minimum_epoch: u64,
    thresholds: Thresholds,
    keys: Vec<TrustedKey>,
}

impl TrustRoot {
    /// Returns the first version of a root: every key must be in `keys`, thresholds at most their number.
    ///
    /// # Errors
    /// [`RootError::Rule`] when the keys and thresholds do not fit together.
    pub fn first(
        keys: Vec<TrustedKey>,
        thresholds: Thresholds,
        issued_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, RootError> {
        TrustRoot { version: 1, issued_at, expires_at, minimum_epoch: 0, thresholds, keys }.checked()
    }

    pub(crate) fn from_payload(json: &[u8]) -> Result<Self, RootError> {
        let document: RootDocument = serde_json::from_slice(json)?;
        TrustRoot {
            version: document.version,
            issued_at: document.issued_at,
            expires_at: document.expires_at,
            minimum_epoch: document.minimum_epoch,
            thresholds: document.thresholds,
            keys: document.keys,
        }
        .checked()
    }

    pub(crate) fn to_payload(&self) -> Vec<u8> {
        let document = RootDocument {
            version: self.version,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            minimum_epoch: self.minimum_epoch,
            thresholds: self.thresholds,
            keys: self.keys.clone(),
        };
        serde_json::to_vec(&document).expect("strings and numbers have a JSON form")
    }

    /// Checks every rule of a root once.
    fn checked(self) -> Result<Self, RootError> {
        fn rule<T>(text: String) -> Result<T, RootError> {
            Err(RootError::Rule(text))
        }
        if self.version == 0 {
            return rule("its version is 0; expected 1 or more".to_owned());
        }
        if self.expires_at.is_some_and(|end| end <= self.issued_at) {
            return rule("it expires before it begins".to_owned());
        }
        if self.minimum_epoch > highest_epoch(self.issued_at) {
            return rule(format!(
                "its minimum epoch {} is more than a day after {}, when it was issued",
                self.minimum_epoch, self.issued_at
            ));
        }
        if self.keys.len() > MAX_KEYS {
            return rule(format!("it lists {} keys; expected at most {MAX_KEYS}", self.keys.len()));
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for key in &self.keys {
            key.check().or_else(rule)?;
            if !ids.insert(key.id) {
                return rule(format!("key {} is listed twice", key.id.short()));
            }
            if !names.insert(&key.name) {
                return rule(format!("two keys have the name `{}`", key.name));
            }
        }
        for role in [Role::Sign, Role::Root] {
            let (needed, usable) =
                (self.threshold(role), self.keys.iter().filter(|key| key.has(role)).count());
            if needed == 0 {
                return rule(format!("its threshold for role `{role}` is 0; expected 1 or more"));
            }
            if needed > usable {
                return rule(format!("role `{role}` needs {needed} keys and has {usable}"));
            }
        }
        Ok(self)
    }

    /// Returns the version; it rises by one with each change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns when this version was made.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns when this version stops being trusted, if ever.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the lowest epoch a bundle may have.
    #[must_use]
    pub fn minimum_epoch(&self) -> u64 {
        self.minimum_epoch
    }

    /// Returns how many different keys of the role must sign.
    #[must_use]
    pub fn threshold(&self, role: Role) -> usize {
        match role {
            Role::Sign => self.thresholds.sign,
            Role::Root => self.thresholds.root,
        }
    }

    /// Returns every listed key, revoked ones too, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Returns the listed key with this id.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}
