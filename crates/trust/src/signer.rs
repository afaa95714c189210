//! The seam between everything that wants a signature and wherever the private key lives.

mod agent;
mod source;

use crate::key::{PrivateKey, PublicKey, Signature};
pub use agent::{AgentError, AgentSigner, agent_keys};
pub use source::{KeySource, SourceError};

/// Somebody who can sign. Nothing outside [`crate::key`] ever sees a private key's bytes.
pub trait Signer {
    /// Returns the public half of the key that signs.
    fn public_key(&self) -> PublicKey;

    /// Signs the message.
    ///
    /// # Errors
    /// When the key's keeper refuses or does not answer; a key in memory always signs.
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
