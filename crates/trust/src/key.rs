//! 32 bytes -> an Ed25519 key that can be identified, checked and used.
//!
//! [`read`] reads keys in every common encoding, [`mod@file`] keeps private keys at rest,
//! [`passphrase`] asks for what unlocks them.

pub mod file;
pub mod passphrase;
pub mod read;

mod openssh;
mod pem;
mod sealed;
mod wire;

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::encoding::{base64_decode, base64_encode, hex_decode, write_hex};
pub use passphrase::Passphrase;

pub(crate) use openssh::{public_blob as openssh_blob, read_public_blob as read_openssh_blob};
pub(crate) use wire::{WireReader, WireWriter};

/// The fixed start of an Ed25519 `SubjectPublicKeyInfo` in DER; the 32 key bytes follow (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The fixed start of an Ed25519 PKCS#8 version 1 key in DER; the 32 seed bytes follow (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The public halves of the private keys that are all zeros and all ones.
const KNOWN_PUBLIC_KEYS: [[u8; 32]; 2] = [
    [
        0x3b, 0x6a, 0x27, 0xbc, 0xce, 0xb6, 0xa4, 0x2d, 0x62, 0xa3, 0xa8, 0xd0, 0x2a, 0x6f, 0x0d, 0x73, 0x65,
        0x32, 0x15, 0x77, 0x1d, 0xe2, 0x43, 0xa6, 0x3a, 0xc0, 0x48, 0xa1, 0x8b, 0x59, 0xda, 0x29,
    ],
    [
        0x76, 0xa1, 0x59, 0x20, 0x44, 0xa6, 0xe4, 0xf5, 0x11, 0x26, 0x5b, 0xca, 0x73, 0xa6, 0x04, 0xd9, 0x0b,
        0x05, 0x29, 0xd1, 0xdf, 0x60, 0x2b, 0xe3, 0x0a, 0x19, 0xa9, 0x25, 0x76, 0x60, 0xd1, 0xf5,
    ],
];

/// A public key that can check signatures: canonical, on the curve, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A private key. It never shows in `Debug`, is not `Clone`, and is wiped when dropped.
pub struct PrivateKey(SigningKey);

/// The name of a public key: SHA-256 over its `SubjectPublicKeyInfo` in DER, in hexadecimal, so that
/// `openssl pkey -pubin -outform DER | sha256sum` prints the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 32]);

/// The 64 bytes of an Ed25519 signature, not yet checked against anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Why bytes are not a usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No bytes.
    #[error("the key is empty")]
    Empty,
    /// None of the known encodings.
    #[error("this is not an Ed25519 key; expected PEM, OpenSSH, DER, 32 raw bytes, hexadecimal or base64")]
    Unrecognised,
    /// Text of 32 characters where 32 random bytes would be a key.
    #[error("32 characters of text are not a key; expected 32 random bytes, or 64 hexadecimal digits")]
    TextAsBytes,
    /// A private key where a public one was asked for.
    #[error("this is a private key; expected the public key")]
    PrivateInsteadOfPublic,
    /// A public key where a private one was asked for.
    #[error("this is a public key; expected the private key")]
    PublicInsteadOfPrivate,
    /// A key of another algorithm.
    #[error("this is a key for {0}; expected Ed25519")]
    OtherAlgorithm(String),
    /// The encoding was recognised but is damaged.
    #[error("damaged {0}")]
    Damaged(Encoding),
    /// The private key is encrypted and no passphrase was given.
    #[error("the private key is encrypted; expected a passphrase")]
    PassphraseNeeded,
    /// The passphrase does not open the key.
    #[error("the passphrase does not decrypt this key")]
    WrongPassphrase,
    /// The cipher or key derivation is not one this crate opens.
    #[error("the private key is encrypted with `{0}`, an unsupported cipher")]
    UnknownCipher(String),
    /// Opening the key would cost far more memory or time than any legitimate key does.
    #[error("opening this key would cost an unreasonable amount of memory or time")]
    TooCostly,
    /// The stored public half does not belong to the private key.
    #[error("the public half stored with this private key belongs to another key")]
    HalvesDiffer,
    /// A point of small order, not canonical, or not on the curve: anyone could sign for it, or no one.
    #[error("this public key is weak or not a point of the curve")]
    WeakPoint,
    /// A private key of 32 equal bytes of zeros or ones, as in a wiped file, or its public half: anyone can sign with it.
    #[error(
        "this key is 32 zero bytes, or 32 bytes of ones, which anyone can sign with; expected 32 random bytes"
    )]
    Known,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// How a key was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `-----BEGIN PRIVATE KEY-----`
    Pkcs8Pem,
    /// `-----BEGIN ENCRYPTED PRIVATE KEY-----`
    EncryptedPkcs8Pem,
    /// PKCS#8 without PEM around it.
    Pkcs8Der,
    /// `-----BEGIN PUBLIC KEY-----`
    SpkiPem,
    /// `SubjectPublicKeyInfo` without PEM around it.
    SpkiDer,
    /// `-----BEGIN OPENSSH PRIVATE KEY-----`
    OpenSshPrivate,
    /// `ssh-ed25519 AAAA… comment`
    OpenSshPublic,
    /// 32 bytes, or 64 with the public half after the private one.
    Raw,
    /// 64 or 128 hexadecimal digits.
    Hex,
    /// Base64 of the raw bytes or of the DER form.
    Base64,
}

impl fmt::Display for Encoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Encoding::Pkcs8Pem => "PKCS#8 PEM private key",
            Encoding::EncryptedPkcs8Pem => "encrypted PKCS#8 PEM private key",
            Encoding::Pkcs8Der => "PKCS#8 DER private key",
            Encoding::SpkiPem => "SPKI PEM public key",
            Encoding::SpkiDer => "SPKI DER public key",
            Encoding::OpenSshPrivate => "OpenSSH private key",
            Encoding::OpenSshPublic => "OpenSSH public key",
            Encoding::Raw => "raw key",
            Encoding::Hex => "hexadecimal key",
            Encoding::Base64 => "base64 key",
        })
    }
}

impl PublicKey {
    /// Returns the key with these 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::WeakPoint`] for bytes that are not canonical, not on the curve, or of small order;
    /// [`KeyError::Known`] for the public half of a private key that is all zeros or all ones.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_canonical(bytes) {
            return Err(KeyError::WeakPoint);
        }
        if KNOWN_PUBLIC_KEYS.contains(bytes) {
            return Err(KeyError::Known);
        }
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(PublicKey(key)),
            Ok(_) | Err(_) => Err(KeyError::WeakPoint),
        }
    }

    /// Returns the 32 bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Returns the name of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(Sha256::digest(self.to_der()).into())
    }

    /// Returns whether this key made this signature over this message, by the strict rules: the scalar
    /// is canonical, and neither the key nor the commitment is of small order.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).is_ok()
    }

    /// Returns `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        [&SPKI_PREFIX[..], &self.to_bytes()].concat()
    }

    /// Returns `SubjectPublicKeyInfo` in PEM, the format of `policy-signing.pub`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.to_der()).to_string()
    }

    /// Returns the OpenSSH encoding, as in `authorized_keys`, without a comment.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        format!("ssh-ed25519 {}", base64_encode(&openssh::public_blob(self)))
    }
}

/// Returns whether the y coordinate is below 2^255 - 19, so that a key has one spelling and one id.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let all_ones = middle.iter().all(|byte| *byte == 0xff) && high & 0x7f == 0x7f;
    !(all_ones && *low >= 0xed)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.id().short())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64_encode(&self.to_bytes()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64_decode(&text).and_then(|bytes| bytes.as_slice().try_into().ok());
        let bytes = bytes.ok_or_else(|| serde::de::Error::custom("expected base64 of 32 bytes"))?;
        PublicKey::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

impl PrivateKey {
    /// Returns a new key from the system's random bytes.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] when the system gives none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_seed(&seed))
    }

    /// Returns the key with this 32-byte seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        PrivateKey(SigningKey::from_bytes(seed))
    }

    /// Returns the key with this seed, unless all its bits are equal, as in an erased file or memory.
    pub(crate) fn from_read_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        if *seed == [0; 32] || *seed == [0xff; 32] { Err(KeyError::Known) } else { Ok(Self::from_seed(seed)) }
    }

    /// Returns the public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs the message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// Returns the key as unencrypted PKCS#8 PEM.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::write("PRIVATE KEY", &self.to_der())
    }

    /// Returns the key as PKCS#8 PEM encrypted under the passphrase (PBES2 with scrypt and
    /// AES-256-CBC), which `openssl pkey` opens.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] when the system gives no salt.
    pub fn to_encrypted_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyError> {
        Ok(pem::write("ENCRYPTED PRIVATE KEY", &sealed::seal(&self.to_der(), passphrase)?))
    }

    fn to_der(&self) -> Zeroizing<Vec<u8>> {
        let mut der = Zeroizing::new(Vec::with_capacity(PKCS8_PREFIX.len() + 32));
        der.extend_from_slice(&PKCS8_PREFIX);
        der.extend_from_slice(self.0.as_bytes());
        der
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PrivateKey(of {})", self.public_key().id().short())
    }
}

impl KeyId {
    /// Returns the first 16 digits, for people; never for decisions.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(16).collect()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, out)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyId({})", self.short())
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let bytes = hex_decode(text).filter(|_| !text.bytes().any(|byte| byte.is_ascii_uppercase()));
        let bytes = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
        bytes.map(KeyId).ok_or(KeyIdError)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, KeyIdError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.to_string()
    }
}

/// Text that is not a key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a key id of 64 lower-case hexadecimal digits")]
pub struct KeyIdError;

impl Signature {
    /// Returns the signature with these 64 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Signature(bytes)
    }

    /// Returns the 64 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 64] {
        self.0
    }

    /// Returns standard base64 with padding: 88 characters.
    #[must_use]
    pub fn to_base64(self) -> String {
        base64_encode(&self.0)
    }

    /// Reads standard base64 of 64 bytes; `None` for anything else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        base64_decode(text)?.as_slice().try_into().ok().map(Signature)
    }
}
