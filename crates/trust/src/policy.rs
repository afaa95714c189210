//! A policy's name and content -> the fleet's signature by one key, in `{file}.sig`, and its verification.

mod delivery;
mod folder;
mod name;
mod sidecar;

use crate::key::{PublicKey, Signature};
pub use crate::refusal::NameForm;
use crate::signer::{AgentError, Signer};
pub use delivery::{Delivery, DeliveryError, EnforcementPolicy};
pub use folder::{policies_below, verify_files};
pub use name::{PolicyName, PolicyNameError};
pub use sidecar::{
    PolicyFileError, VerifiedPolicy, drop_sidecar, read_policy, sidecar_path, sign_file, verify_file,
};
pub(crate) use sidecar::{judge, parse_sidecar};

/// The largest policy that is signed or verified, in bytes.
pub const MAX_POLICY_BYTES: u64 = 16 << 20;

const DOMAIN: &str = "telovix-policy-v1:";

/// The result of checking a signature over a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Made by this key for this name and content.
    By(PublicKey),
    /// Made by one of the keys for this content, but under another variant of the name. Not acceptable.
    OtherName(PolicyName, NameForm),
    /// None of that.
    None,
}

/// Returns the bytes that are signed: `telovix-policy-v1:{policy_name}\n{yaml_content}`.
#[must_use]
pub fn message(name: &PolicyName, content: &[u8]) -> Vec<u8> {
    [DOMAIN.as_bytes(), name.as_str().as_bytes(), b"\n", content].concat()
}

/// Signs a policy's content under its name.
///
/// # Errors
/// When the signer does not answer.
pub fn sign(name: &PolicyName, content: &[u8], signer: &dyn Signer) -> Result<Signature, AgentError> {
    signer.sign(&message(name, content))
}

/// Finds the key that made the signature. The format has no key id, so each key is tried.
#[must_use]
pub fn verify(name: &PolicyName, content: &[u8], signature: &Signature, keys: &[PublicKey]) -> Match {
    if let Some(key) = signer_among(name, content, signature, keys) {
        return Match::By(key);
    }
    let other = name.other_forms(content).into_iter();
    other
        .filter(|(other, _)| signer_among(other, content, signature, keys).is_some())
        .map(|(other, form)| Match::OtherName(other, form))
        .next()
        .unwrap_or(Match::None)
}

fn signer_among(
    name: &PolicyName,
    content: &[u8],
    signature: &Signature,
    keys: &[PublicKey],
) -> Option<PublicKey> {
    let message = message(name, content);
    keys.iter().find(|key| key.verifies(&message, signature)).copied()
}
