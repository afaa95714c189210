//! A payload and signatures -> a DSSE envelope and back (Dead Simple Signing Envelope, version 1.0.2).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::encoding::{base64_decode, base64_encode};
use crate::key::{KeyId, Signature};
use crate::signer::{AgentError, Signer};

/// The largest envelope that is read, in bytes.
pub(crate) const MAX_ENVELOPE_BYTES: usize = 4 << 20;
/// The most signatures one envelope may carry.
const MAX_SIGNATURES: usize = 64;

/// A payload of a named type with the signatures over both.
///
/// The payload's bytes are kept exactly as signed; nothing is serialised again before checking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<EnvelopeSignature>,
}

/// One signature, with the id of the key that it claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The name of the key. Signatures without one are not read.
    pub key: KeyId,
    /// The signature over the envelope's pre-authentication encoding.
    pub signature: Signature,
}

/// Why bytes are not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or not with the fields of DSSE.
    #[error("the envelope is damaged: {0}")]
    Shape(#[from] serde_json::Error),
    /// A payload or signature is not base64, or a key id is missing or malformed.
    #[error("the envelope is damaged: {0}")]
    Field(&'static str),
    /// A payload of another type.
    #[error("the payload type of the envelope is `{found}`; expected `{expected}`")]
    OtherType {
        /// The type in the envelope.
        found: String,
        /// The expected type.
        expected: &'static str,
    },
    /// More than 4 MiB, or more than 64 signatures.
    #[error("the envelope is too large")]
    TooLarge,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeDocument {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<SignatureDocument>,
}

#[derive(Serialize, Deserialize)]
struct SignatureDocument {
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl Envelope {
    /// Wraps a payload that is not signed yet.
    #[must_use]
    pub fn unsigned(payload_type: &str, payload: Vec<u8>) -> Self {
        Envelope { payload_type: payload_type.to_owned(), payload, signatures: Vec::new() }
    }

    /// Reads an envelope whose payload is of the expected type.
    ///
    /// # Errors
    /// An [`EnvelopeError`]; a signature without a key id is one, so that none is silently skipped.
    pub fn read(json: &[u8], expected: &'static str) -> Result<Self, EnvelopeError> {
        if json.len() > MAX_ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLarge);
        }
        Self::from_document(serde_json::from_slice(json)?, expected)
    }

    fn from_document(document: EnvelopeDocument, expected: &'static str) -> Result<Self, EnvelopeError> {
        if document.payload_type != expected {
            let found = document.payload_type.escape_debug().take(80).collect();
            return Err(EnvelopeError::OtherType { found, expected });
        }
        if document.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::TooLarge);
        }
        let payload = base64_decode(&document.payload)
            .ok_or(EnvelopeError::Field("its payload is not base64"))?
            .to_vec();
        let signatures = document.signatures.iter().map(EnvelopeSignature::from_document);
        let signatures = signatures.collect::<Result<Vec<_>, _>>()?;
        let mut keys = BTreeSet::new();
        if !signatures.iter().all(|signature| keys.insert(signature.key)) {
            return Err(EnvelopeError::Field("one key signed twice"));
        }
        Ok(Envelope { payload_type: document.payload_type, payload, signatures })
    }

    /// Returns the payload's bytes. Do not trust them before enough signatures are checked.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the signatures, not yet checked, in the order they were added.
    #[must_use]
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// Returns the bytes the signatures are over: `DSSEv1 {type length} {type} {payload length} {payload}`.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let (payload_type, payload) = (&self.payload_type, &self.payload);
        let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
        [head.as_bytes(), payload].concat()
    }

    /// Adds a signature, in place of an earlier one by the same key.
    ///
    /// # Errors
    /// When the signer does not answer.
    pub fn add_signature(&mut self, signer: &dyn Signer) -> Result<KeyId, AgentError> {
        let key = signer.public_key().id();
        let signature = signer.sign(&self.signed_bytes())?;
        self.signatures.retain(|existing| existing.key != key);
        self.signatures.push(EnvelopeSignature { key, signature });
        Ok(key)
    }

    /// Returns the envelope as one line of JSON with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.to_document()).expect("strings have a JSON form") + "\n"
    }

    fn to_document(&self) -> EnvelopeDocument {
        let signatures = self.signatures.iter().map(|signature| SignatureDocument {
            keyid: signature.key.to_string(),
            sig: signature.signature.to_base64(),
        });
        EnvelopeDocument {
            payload: base64_encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: signatures.collect(),
        }
    }
}

impl EnvelopeSignature {
    fn from_document(document: &SignatureDocument) -> Result<Self, EnvelopeError> {
        if document.keyid.is_empty() {
            return Err(EnvelopeError::Field("a signature names no key"));
        }
        let key = document.keyid.parse();
        let key = key.map_err(|_| EnvelopeError::Field("a key id is not 64 hexadecimal digits"))?;
        let signature = Signature::from_base64(&document.sig);
        let signature = signature.ok_or(EnvelopeError::Field("a signature is not base64 of 64 bytes"))?;
        Ok(EnvelopeSignature { key, signature })
    }
}
