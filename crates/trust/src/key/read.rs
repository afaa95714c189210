//! The bytes of a key file in any common encoding -> a key and the encoding that was found.

use pkcs8::der::Decode as _;
use pkcs8::der::asn1::BitStringRef;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::pem::{self, Block, Pem};
use super::{Encoding, KeyError, Passphrase, PrivateKey, PublicKey, openssh, sealed};
use crate::encoding::{base64_decode, hex_decode};

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Keys are small; a larger input is not one.
pub const MAX_KEY_BYTES: usize = 64 << 10;

/// Reads a public key from SPKI (PEM or DER), an OpenSSH line, 32 raw bytes, hexadecimal or base64.
///
/// # Errors
/// A [`KeyError`] with what was found instead.
pub fn public_key(bytes: &[u8]) -> Result<(PublicKey, Encoding), KeyError> {
    refuse_size(bytes)?;
    if let Some(found) = public_der(bytes, Encoding::SpkiDer) {
        return found;
    }
    if let Ok(raw) = bytes.try_into() {
        refuse_text(bytes)?;
        return Ok((PublicKey::from_bytes(raw)?, Encoding::Raw));
    }
    let text = text_of(bytes)?;
    match pem::read(text) {
        Pem::Block(block) => return public_block(&block),
        Pem::Damaged => return Err(KeyError::Damaged(Encoding::SpkiPem)),
        Pem::Absent => {}
    }
    if let Some(found) = openssh::read_public_line(text) {
        return Ok((found?, Encoding::OpenSshPublic));
    }
    let (decoded, encoding) = decode_text(text)?;
    if let Some(found) = public_der(&decoded, encoding) {
        return found;
    }
    let raw = decoded.as_slice().try_into().map_err(|_| KeyError::Unrecognised)?;
    Ok((PublicKey::from_bytes(raw)?, encoding))
}

/// Reads a private key from PKCS#8 (PEM or DER, encrypted or not), an OpenSSH key, 32 raw bytes (or 64
/// with the public half), hexadecimal or base64. The passphrase is used only when the key is encrypted.
///
/// # Errors
/// A [`KeyError`] with what was found instead; after [`KeyError::PassphraseNeeded`], call it again with one.
pub fn private_key(
    bytes: &[u8],
    passphrase: Option<&Passphrase>,
) -> Result<(PrivateKey, Encoding), KeyError> {
    refuse_size(bytes)?;
    if public_der(bytes, Encoding::SpkiDer).is_some() {
        return Err(KeyError::PublicInsteadOfPrivate);
    }
    if let Some(found) = private_der(bytes, Encoding::Pkcs8Der) {
        return found;
    }
    if bytes.len() == 32 {
        refuse_text(bytes)?;
        return Ok((private_raw(bytes)?, Encoding::Raw));
    }
    let text = match text_of(bytes) {
        Err(KeyError::Unrecognised) => return Ok((private_raw(bytes)?, Encoding::Raw)),
        text => text?,
    };
    match pem::read(text) {
        Pem::Block(block) => return private_block(&block, passphrase),
        Pem::Damaged => return Err(KeyError::Damaged(Encoding::Pkcs8Pem)),
        Pem::Absent => {}
    }
    if openssh::read_public_line(text).is_some() {
        return Err(KeyError::PublicInsteadOfPrivate);
    }
    let (decoded, encoding) = decode_text(text)?;
    if public_der(&decoded, encoding).is_some() {
        return Err(KeyError::PublicInsteadOfPrivate);
    }
    if let Some(found) = private_der(&decoded, encoding) {
        return found;
    }
    Ok((private_raw(&decoded)?, encoding))
}

fn public_block(block: &Block<'_>) -> Result<(PublicKey, Encoding), KeyError> {
    match block.label {
        "PUBLIC KEY" => {
            public_der(&block.bytes, Encoding::SpkiPem).unwrap_or(Err(KeyError::Damaged(Encoding::SpkiPem)))
        }
        label => Err(other_label(label, KeyError::PrivateInsteadOfPublic)),
    }
}

fn private_block(
    block: &Block<'_>,
    passphrase: Option<&Passphrase>,
) -> Result<(PrivateKey, Encoding), KeyError> {
    match block.label {
        "PRIVATE KEY" => private_der(&block.bytes, Encoding::Pkcs8Pem)
            .unwrap_or(Err(KeyError::Damaged(Encoding::Pkcs8Pem))),
        "ENCRYPTED PRIVATE KEY" => {
            let opened = sealed::open(&block.bytes, passphrase)?;
            // A wrong passphrase can, once in 256 times, leave well-formed padding around garbage.
            private_der(&opened, Encoding::EncryptedPkcs8Pem).unwrap_or(Err(KeyError::WrongPassphrase))
        }
        "OPENSSH PRIVATE KEY" => {
            Ok((openssh::read_private(&block.bytes, passphrase)?, Encoding::OpenSshPrivate))
        }
        label => Err(other_label(label, KeyError::PublicInsteadOfPrivate)),
    }
}

/// Returns the error for a PEM label other than the expected one.
fn other_label(label: &str, other_half: KeyError) -> KeyError {
    match label {
        "PUBLIC KEY" | "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "OPENSSH PRIVATE KEY" => other_half,
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => KeyError::OtherAlgorithm("RSA".to_owned()),
        "EC PRIVATE KEY" | "EC PARAMETERS" => KeyError::OtherAlgorithm("ECDSA".to_owned()),
        "DSA PRIVATE KEY" => KeyError::OtherAlgorithm("DSA".to_owned()),
        _ => KeyError::Unrecognised,
    }
}

/// Reads `SubjectPublicKeyInfo`; `None` when the bytes are not one.
fn public_der(bytes: &[u8], encoding: Encoding) -> Option<Result<(PublicKey, Encoding), KeyError>> {
    let info = SubjectPublicKeyInfoRef::from_der(bytes).ok()?;
    if info.algorithm.oid != ED25519 {
        return Some(Err(KeyError::OtherAlgorithm(algorithm_name(info.algorithm.oid))));
    }
    let raw = info.subject_public_key.as_bytes().and_then(|raw| raw.try_into().ok());
    let key = raw.ok_or(KeyError::Damaged(encoding)).and_then(|raw| PublicKey::from_bytes(&raw));
    Some(key.map(|key| (key, encoding)))
}

/// Reads PKCS#8, version 1 or 2; `None` when the bytes are not that.
fn private_der(bytes: &[u8], encoding: Encoding) -> Option<Result<(PrivateKey, Encoding), KeyError>> {
    let info = PrivateKeyInfoRef::from_der(bytes).ok()?;
    if info.algorithm.oid != ED25519 {
        return Some(Err(KeyError::OtherAlgorithm(algorithm_name(info.algorithm.oid))));
    }
    // RFC 8410: the seed is an OCTET STRING inside the OCTET STRING.
    let Some(seed) = info.private_key.as_bytes().strip_prefix(&[4, 32]) else {
        return Some(Err(KeyError::Damaged(encoding)));
    };
    let Ok(seed) = seed.try_into() else { return Some(Err(KeyError::Damaged(encoding))) };
    let key = match PrivateKey::from_read_seed(seed) {
        Ok(key) => key,
        Err(error) => return Some(Err(error)),
    };
    let public = info.public_key.as_ref().map(BitStringRef::as_bytes);
    if public.is_some_and(|public| public != Some(&key.public_key().to_bytes())) {
        return Some(Err(KeyError::HalvesDiffer));
    }
    Some(Ok((key, encoding)))
}

/// Reads a seed of 32 bytes, or 64 with the public half after it (the encoding of Go and libsodium).
fn private_raw(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let (seed, public) = bytes.split_at_checked(32).ok_or(KeyError::Unrecognised)?;
    if !matches!(public.len(), 0 | 32) {
        return Err(KeyError::Unrecognised);
    }
    let key = PrivateKey::from_read_seed(seed.try_into().map_err(|_| KeyError::Unrecognised)?)?;
    if !public.is_empty() && public != key.public_key().to_bytes() {
        return Err(KeyError::HalvesDiffer);
    }
    Ok(key)
}

fn decode_text(text: &str) -> Result<(Zeroizing<Vec<u8>>, Encoding), KeyError> {
    if matches!(text.len(), 64 | 128)
        && let Some(bytes) = hex_decode(text)
    {
        return Ok((bytes, Encoding::Hex));
    }
    let bytes = base64_decode(text).ok_or(KeyError::Unrecognised)?;
    Ok((bytes, Encoding::Base64))
}

fn refuse_size(bytes: &[u8]) -> Result<(), KeyError> {
    match bytes.len() {
        0 => Err(KeyError::Empty),
        1..=MAX_KEY_BYTES => Ok(()),
        _ => Err(KeyError::Unrecognised),
    }
}

/// A key of 32 random bytes is all printable once in 2^44; 32 typed characters always are.
fn refuse_text(bytes: &[u8]) -> Result<(), KeyError> {
    let printable = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    if printable { Err(KeyError::TextAsBytes) } else { Ok(()) }
}

fn text_of(bytes: &[u8]) -> Result<&str, KeyError> {
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::Unrecognised)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    if text.is_empty() { Err(KeyError::Empty) } else { Ok(text) }
}

fn algorithm_name(oid: ObjectIdentifier) -> String {
    let text = oid.to_string();
    let name = match text.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.10045.2.1" => "ECDSA",
        "1.2.840.10040.4.1" => "DSA",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.113" => "Ed448",
        _ => return text,
    };
    name.to_owned()
}
