//! A heartbeat response -> the policies in `enforcement_policies[]`, each with name, content, enabled flag and signature.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{PolicyName, PolicyNameError};
use crate::key::{KeyId, PublicKey};
use crate::policy::sidecar::{judge, parse_sidecar};
use crate::refusal::Refusal;
use crate::signer::{AgentError, Signer};

/// The largest delivery that is read, in bytes.
const MAX_DELIVERY_BYTES: usize = 256 << 20;

/// The part of a heartbeat response that carries policies. Its other fields are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The policies, in the order they arrive.
    pub enforcement_policies: Vec<EnforcementPolicy>,
    /// The other fields of the response.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// One delivered policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnforcementPolicy {
    /// The name it is signed under. `policy_name` is read too.
    #[serde(alias = "policy_name")]
    pub name: String,
    /// The TracingPolicy text, byte for byte. `yaml_content` is read too.
    #[serde(alias = "yaml_content")]
    pub content: String,
    /// Whether the sensor applies it; a disabled one is removed in the next cycle.
    pub enabled: bool,
    /// Base64 of the 64 signature bytes; absent or empty when it is not signed.
    #[serde(default)]
    pub signature: String,
}

/// Why a delivery was not read.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Not JSON of the expected shape.
    #[error("not a list of enforcement policies: {0}")]
    Shape(#[from] serde_json::Error),
    /// A name breaks the rules for policy names.
    #[error(transparent)]
    Name(#[from] PolicyNameError),
    /// Two policies have the same name, so that one would hide the other.
    #[error("the policy name `{0}` occurs twice")]
    Duplicate(String),
    /// Too large to be one.
    #[error("the delivery is larger than 256 MiB")]
    TooLarge,
}

impl Delivery {
    /// Reads a delivery from JSON; each name must be valid and occur once.
    ///
    /// # Errors
    /// A [`DeliveryError`] with the first problem.
    pub fn read(json: &[u8]) -> Result<Self, DeliveryError> {
        if json.len() > MAX_DELIVERY_BYTES {
            return Err(DeliveryError::TooLarge);
        }
        let delivery: Delivery = serde_json::from_slice(json)?;
        let mut names = BTreeSet::new();
        for policy in &delivery.enforcement_policies {
            PolicyName::parse(&policy.name)?;
            if !names.insert(&policy.name) {
                return Err(DeliveryError::Duplicate(policy.name.clone()));
            }
        }
        Ok(delivery)
    }

    /// Returns the delivery as indented JSON with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("strings and flags have a JSON form");
        json + "\n"
    }

    /// Verifies every policy, enabled or not, and returns the verdicts in order.
    #[must_use]
    pub fn verify(&self, keys: &[PublicKey]) -> Vec<Result<KeyId, Refusal>> {
        self.enforcement_policies.iter().map(|policy| policy.verify(keys)).collect()
    }
}

impl EnforcementPolicy {
    /// Signs content under a name.
    ///
    /// # Errors
    /// When the signer does not answer.
    pub fn sign(
        name: &PolicyName,
        content: String,
        enabled: bool,
        signer: &dyn Signer,
    ) -> Result<Self, AgentError> {
        let signature = super::sign(name, content.as_bytes(), signer)?.to_base64();
        Ok(EnforcementPolicy { name: name.to_string(), content, enabled, signature })
    }

    /// Verifies the signature under the policy's own name, and returns the key that made it.
    ///
    /// # Errors
    /// The [`Refusal`] with the reason it is not accepted.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<KeyId, Refusal> {
        let what = format!("`{}`", self.name.escape_debug());
        let name = PolicyName::parse(&self.name)
            .map_err(|error| Refusal::BadSignature { what: what.clone(), detail: error.to_string() })?;
        if self.signature.is_empty() {
            return Err(Refusal::Unsigned { what });
        }
        let signature = parse_sidecar(&what, self.signature.as_bytes())?;
        let found = super::verify(&name, self.content.as_bytes(), &signature, keys);
        Ok(judge(&what, found, &name)?.id())
    }
}
