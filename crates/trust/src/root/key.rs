//! A key that the trust root lists -> what it may sign, and until when.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::key::{KeyId, PublicKey};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

const MAX_TEXT: usize = 256;

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

    /// Checks what must be true of every entry, at any time.
    pub(super) fn check(&self) -> Result<(), String> {
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
