//! A signed envelope and a trust root -> the listed keys that validly signed it, or the reason for a refusal.

use super::{Role, TrustRoot, TrustedKey};
use crate::envelope::Envelope;
use crate::key::PublicKey;
use crate::refusal::Refusal;
use crate::timestamp::{CLOCK_SKEW, Timestamp};

impl TrustRoot {
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
    pub(super) fn signers_beyond(
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
