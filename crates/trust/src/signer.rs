//! A message -> a signature, wherever the private key is: in memory or in an ssh-agent.

mod agent;
mod source;

use crate::key::{PrivateKey, PublicKey, Signature};
pub use agent::{AgentError, AgentSigner, agent_keys};
pub use source::{KeySource, SourceError};

/// A key that can sign. Nothing outside [`crate::key`] sees a private key's bytes.
pub trait Signer {
    /// Returns the public half of the key that signs.
    fn public_key(&self) -> PublicKey;

    /// Signs the message.
    ///
    /// # Errors
    /// When the ssh-agent refuses or does not answer; a key in memory always signs.
    fn sign(&self, message: &[u8]) -> Result<Signature, AgentError>;
}

impl Signer for PrivateKey {
    fn public_key(&self) -> PublicKey {
        PrivateKey::public_key(self)
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, AgentError> {
        Ok(PrivateKey::sign(self, message))
    }
}
