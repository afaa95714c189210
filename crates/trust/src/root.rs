//! One version of the trust root -> whose signatures are accepted, how many are required, and since when.
//!
//! [`Chain`] is the file with all versions, [`Change`] makes the next one.

mod chain;
mod change;
mod succession;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::epoch::highest_epoch;
use crate::key::{KeyId, PublicKey};
use crate::refusal::Refusal;
use crate::timestamp::{CLOCK_SKEW, Timestamp};
pub use chain::{Chain, ChainError, MAX_CHAIN_BYTES, PinnedRoot};
pub use change::{Change, ChangeError};
pub use succession::SuccessionError;

const MAX_KEYS: usize = 256;
const MAX_TEXT: usize = 256;

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

/// A key that the root lists. Revoked keys stay listed, so that their signatures are reported as revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// The name of the key, derived from its bytes.
    pub id: KeyId,
    /// Its name for people.
    pub name: String,
    /// The key.
    pub public_key: PublicKey,
    /// What it may sign.
    pub roles: Vec<Role>,
    /// The first moment at which its signatures are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The first moment at which its signatures are no longer accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Set when the key must never be trusted again, not even for what it signed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// When and why a key was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Policies and bundles.
    Sign,
    /// The next version of the trust root.
    Root,
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
    #[error("the trust root breaks its rules: {0}")]
    Rule(String),
    /// It breaks a rule about how it may differ from the previous version.
    #[error("the trust root breaks its rules: {0}")]
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

    /// Returns the keys that may sign for this role at this time.
    #[must_use]
    pub fn usable_keys(&self, role: Role, now: Timestamp) -> Vec<PublicKey> {
        let usable = self.keys.iter().filter(|key| key.has(role) && key.standing("", now).is_ok());
        usable.map(|key| key.public_key).collect()
    }

    /// Refuses a root outside its validity.
    ///
    /// # Errors
    /// [`Refusal::Expired`], and [`Refusal::NotYetValid`] for one that was issued in the future, by more than two clocks
    /// may differ.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let what = || format!("version {} of the trust root", self.version);
        if self.issued_at > now.plus_seconds(CLOCK_SKEW) {
            return Err(Refusal::NotYetValid { what: what(), start: self.issued_at, now });
        }
        match self.expires_at {
            Some(end) if now >= end => Err(Refusal::Expired { what: "the trust root".to_owned(), end, now }),
            _ => Ok(()),
        }
    }

    /// Returns the keys of this role that validly signed an envelope.
    ///
    /// A signature that claims a listed key and does not verify refuses the whole envelope. Keys that the
    /// root does not list are skipped, so that one version can follow another. Revoked and expired
    /// keys are not counted.
    ///
    /// # Errors
    /// The most specific [`Refusal`], when there are fewer than the threshold.
    pub fn signers(
        &self,
        what: &str,
        envelope: &Envelope,
        role: Role,
        now: Timestamp,
    ) -> Result<Vec<&TrustedKey>, Refusal> {
        self.signers_beyond(&mut Vec::new(), what, envelope, role, now)
    }

    /// As [`TrustRoot::signers`]; `fitting` are the keys whose signature on this envelope is known to be valid; valid
    /// ones are added.
    fn signers_beyond(
        &self,
        fitting: &mut Vec<PublicKey>,
        what: &str,
        envelope: &Envelope,
        role: Role,
        now: Timestamp,
    ) -> Result<Vec<&TrustedKey>, Refusal> {
        if envelope.signatures().is_empty() {
            return Err(Refusal::Unsigned { what: what.to_owned() });
        }
        let message = envelope.signed_bytes();
        let (mut good, mut unknown, mut worthless) = (Vec::new(), Vec::new(), None);
        for claim in envelope.signatures() {
            let listed = self.key(claim.key).filter(|key| key.roles.contains(&role));
            let Some(key) = listed else {
                unknown.push(claim.key);
                continue;
            };
            if !fitting.contains(&key.public_key) && !key.public_key.verifies(&message, &claim.signature) {
                let detail = format!("the signature of key `{}` ({}) is not valid", key.name, key.id.short());
                return Err(Refusal::BadSignature { what: what.to_owned(), detail });
            }
            fitting.push(key.public_key);
            match key.standing(what, now) {
                Ok(()) => good.push(key),
                Err(refusal @ Refusal::Revoked { .. }) => worthless = Some(refusal),
                Err(refusal) => worthless = worthless.or(Some(refusal)),
            }
        }
        let required = self.threshold(role);
        if good.len() >= required {
            return Ok(good);
        }
        Err(match worthless {
            Some(refusal) => refusal,
            None if good.is_empty() => Refusal::UnknownKey { what: what.to_owned(), keys: unknown },
            None => Refusal::TooFewSignatures { what: what.to_owned(), found: good.len(), required },
        })
    }
}

impl TrustedKey {
    /// Returns an entry for a key that is valid without limits.
    #[must_use]
    pub fn new(name: String, public_key: PublicKey, roles: Vec<Role>) -> Self {
        let id = public_key.id();
        TrustedKey { id, name, public_key, roles, not_before: None, not_after: None, revoked: None }
    }

    /// Returns whether the key may sign for this role at some time.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.revoked.is_none() && self.roles.contains(&role)
    }

    /// Refuses a key that is revoked or outside its validity.
    ///
    /// # Errors
    /// [`Refusal::Revoked`], [`Refusal::Expired`] or [`Refusal::NotYetValid`].
    pub fn standing(&self, what: &str, now: Timestamp) -> Result<(), Refusal> {
        if let Some(Revocation { at, reason }) = &self.revoked {
            return Err(Refusal::Revoked {
                what: what.to_owned(),
                id: self.id,
                name: self.name.clone(),
                at: *at,
                reason: reason.clone(),
            });
        }
        let key = || format!("key `{}` ({}), which signed {what},", self.name, self.id.short());
        if let Some(end) = self.not_after.filter(|end| now >= *end) {
            return Err(Refusal::Expired { what: key(), end, now });
        }
        if let Some(start) = self.not_before.filter(|start| now < *start) {
            return Err(Refusal::NotYetValid { what: key(), start, now });
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let short = self.id.short();
        let reason = self.revoked.as_ref().map_or("", |revocation| &revocation.reason);
        for text in [self.name.as_str(), reason] {
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                return Err(format!(
                    "the name or revocation reason of key {short} is too long or has control characters"
                ));
            }
        }
        if self.name.trim().is_empty() {
            return Err(format!("key {short} has no name"));
        }
        if self.public_key.id() != self.id {
            return Err(format!("the id of key {short} does not match its bytes"));
        }
        if self.roles.is_empty() {
            return Err(format!("key {short} has no role"));
        }
        if self.not_before.zip(self.not_after).is_some_and(|(start, end)| end <= start) {
            return Err(format!("key {short} ends before it begins"));
        }
        Ok(())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Role::Sign => "sign",
            Role::Root => "root",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sign" => Ok(Role::Sign),
            "root" => Ok(Role::Root),
            other => Err(format!("`{other}` is not a role; expected `sign` or `root`")),
        }
    }
}
