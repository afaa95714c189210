//! A trust root and changes -> the next version.

use super::{Revocation, Role, RootError, SuccessionError, TrustRoot, TrustedKey};
use crate::key::KeyId;
use crate::timestamp::Timestamp;

/// One change to a trust root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Trusts another key.
    Add(Box<TrustedKey>),
    /// Ends a key's validity at this moment; its signatures are accepted until then.
    Retire(KeyId, Timestamp),
    /// Never trusts a key again, not even for what it signed before.
    Revoke(KeyId, String),
    /// Requires this many signatures.
    Threshold(Role, usize),
    /// Refuses every bundle below this epoch.
    MinimumEpoch(u64),
    /// Sets or clears the end of the root itself.
    Expiry(Option<Timestamp>),
}

/// Why a change is not possible.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The key is not listed.
    #[error("the trust root does not list key {}", .0.short())]
    NotListed(KeyId),
    /// The result may not follow the previous version.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
    /// The result breaks the rules of a root.
    #[error(transparent)]
    Root(#[from] RootError),
}

impl TrustRoot {
    /// Returns the next version, with every change made in order.
    ///
    /// # Errors
    /// A [`ChangeError`]; the rules of a root, and of its succession, are checked once, on the result.
    pub(super) fn next(&self, changes: &[Change], now: Timestamp) -> Result<TrustRoot, ChangeError> {
        let mut next = self.clone();
        next.version = self.version.saturating_add(1);
        next.issued_at = now.max(self.issued_at);
        for change in changes {
            next.make(change, now)?;
        }
        self.check_successor(&next)?;
        Ok(next.checked()?)
    }

    fn make(&mut self, change: &Change, now: Timestamp) -> Result<(), ChangeError> {
        match change {
            Change::Add(key) => self.add(key),
            Change::Retire(id, end) => self.listed(*id)?.not_after = Some(*end),
            Change::Revoke(id, reason) => {
                let reason = reason.clone();
                self.listed(*id)?.revoked = Some(Revocation { at: now, reason });
            }
            Change::Threshold(Role::Sign, count) => self.thresholds.sign = *count,
            Change::Threshold(Role::Root, count) => self.thresholds.root = *count,
            Change::MinimumEpoch(wanted) => self.minimum_epoch = *wanted,
            Change::Expiry(end) => self.expires_at = *end,
        }
        Ok(())
    }

    /// Lists a key, or gives a listed one the new name, roles and validity.
    fn add(&mut self, key: &TrustedKey) {
        match self.keys.iter_mut().find(|listed| listed.id == key.id) {
            Some(listed) => listed.clone_from(key),
            None => self.keys.push(key.clone()),
        }
    }

    fn listed(&mut self, id: KeyId) -> Result<&mut TrustedKey, ChangeError> {
        self.keys.iter_mut().find(|key| key.id == id).ok_or(ChangeError::NotListed(id))
    }
}
