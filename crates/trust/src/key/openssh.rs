//! OpenSSH's key encodings (the one-line public key and `openssh-key-v1`) -> Ed25519 keys.
//!
//! The format is described in `PROTOCOL.key` of the OpenSSH sources.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

use super::{Encoding, KeyError, Passphrase, PrivateKey, PublicKey, WireReader, WireWriter, base64_decode};

pub(super) const ALGORITHM: &str = "ssh-ed25519";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// `ssh-keygen` writes 16 to 24 rounds; each costs a few milliseconds.
const MAX_BCRYPT_ROUNDS: u32 = 1024;
const DAMAGED_PRIVATE: KeyError = KeyError::Damaged(Encoding::OpenSshPrivate);
const DAMAGED_PUBLIC: KeyError = KeyError::Damaged(Encoding::OpenSshPublic);

/// Returns the key blob as in `authorized_keys` and in agent messages.
pub(crate) fn public_blob(key: &PublicKey) -> Vec<u8> {
    WireWriter::default().string(ALGORITHM.as_bytes()).string(&key.to_bytes()).finish()
}

/// Reads a key blob; a key of another algorithm is named.
pub(crate) fn read_public_blob(blob: &[u8]) -> Result<PublicKey, KeyError> {
    let mut reader = WireReader::new(blob);
    let algorithm = reader.string().ok_or(DAMAGED_PUBLIC)?;
    if algorithm != ALGORITHM.as_bytes() {
        return Err(KeyError::OtherAlgorithm(printable(algorithm)));
    }
    let bytes = reader.string().and_then(|bytes| bytes.try_into().ok()).ok_or(DAMAGED_PUBLIC)?;
    if !reader.rest().is_empty() {
        return Err(DAMAGED_PUBLIC);
    }
    PublicKey::from_bytes(&bytes)
}

/// Reads `ssh-ed25519 AAAA… comment`. `None` when the text does not look like an OpenSSH line.
pub(super) fn read_public_line(text: &str) -> Option<Result<PublicKey, KeyError>> {
    let mut words = text.split_ascii_whitespace();
    let algorithm = words.next()?;
    let known = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"];
    if !known.iter().any(|prefix| algorithm.starts_with(prefix)) {
        return None;
    }
    if algorithm != ALGORITHM {
        return Some(Err(KeyError::OtherAlgorithm(printable(algorithm.as_bytes()))));
    }
    let blob = words.next().and_then(base64_decode);
    Some(blob.ok_or(DAMAGED_PUBLIC).and_then(|blob| read_public_blob(&blob)))
}

/// Reads the bytes inside `-----BEGIN OPENSSH PRIVATE KEY-----`.
pub(super) fn read_private(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<PrivateKey, KeyError> {
    let container = Container::read(bytes).ok_or(DAMAGED_PRIVATE)?;
    read_public_blob(container.public_blob)?;
    let sealed = container.cipher != b"none";
    let opened = container.open(passphrase)?;
    let halves = Halves::read(&opened);
    // The two check numbers exist to notice a wrong passphrase.
    let halves = halves.ok_or(if sealed { KeyError::WrongPassphrase } else { DAMAGED_PRIVATE })?;
    let key = PrivateKey::from_read_seed(halves.seed)?;
    let own = key.public_key();
    if own.to_bytes() != halves.public || public_blob(&own) != container.public_blob {
        return Err(KeyError::HalvesDiffer);
    }
    Ok(key)
}

struct Container<'bytes> {
    cipher: &'bytes [u8],
    derivation: &'bytes [u8],
    options: &'bytes [u8],
    public_blob: &'bytes [u8],
    sealed: &'bytes [u8],
}

impl<'bytes> Container<'bytes> {
    fn read(bytes: &'bytes [u8]) -> Option<Self> {
        let mut reader = WireReader::new(bytes.strip_prefix(MAGIC)?);
        let cipher = reader.string()?;
        let derivation = reader.string()?;
        let options = reader.string()?;
        let one_key = reader.number()? == 1;
        let container = Container {
            cipher,
            derivation,
            options,
            public_blob: reader.string()?,
            sealed: reader.string()?,
        };
        (one_key && reader.rest().is_empty()).then_some(container)
    }

    fn open(&self, passphrase: Option<&Passphrase>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        match (self.cipher, self.derivation) {
            (b"none", b"none") => Ok(bytes),
            (b"aes256-ctr", b"bcrypt") => {
                let (salt, rounds) = self.bcrypt_options().ok_or(DAMAGED_PRIVATE)?;
                if rounds > MAX_BCRYPT_ROUNDS {
                    return Err(KeyError::TooCostly);
                }
                let passphrase = passphrase.ok_or(KeyError::PassphraseNeeded)?;
                let mut derived = Zeroizing::new([0; 48]);
                bcrypt_pbkdf::bcrypt_pbkdf(passphrase.as_bytes(), salt, rounds, &mut *derived)
                    .map_err(|_| KeyError::WrongPassphrase)?;
                let (key, counter) = derived.split_at(32);
                Ctr128BE::<Aes256>::new_from_slices(key, counter)
                    .map_err(|_| DAMAGED_PRIVATE)?
                    .apply_keystream(&mut bytes);
                Ok(bytes)
            }
            (cipher, _) => Err(KeyError::UnknownCipher(printable(cipher))),
        }
    }

    fn bcrypt_options(&self) -> Option<(&'bytes [u8], u32)> {
        let mut reader = WireReader::new(self.options);
        let salt = reader.string()?;
        let rounds = reader.number()?;
        (!salt.is_empty() && rounds > 0 && reader.rest().is_empty()).then_some((salt, rounds))
    }
}

struct Halves<'bytes> {
    seed: &'bytes [u8; 32],
    public: [u8; 32],
}

impl<'bytes> Halves<'bytes> {
    fn read(bytes: &'bytes [u8]) -> Option<Self> {
        let mut reader = WireReader::new(bytes);
        if reader.number()? != reader.number()? || reader.string()? != ALGORITHM.as_bytes() {
            return None;
        }
        let public: [u8; 32] = reader.string()?.try_into().ok()?;
        let (seed, public_again) = reader.string()?.split_at_checked(32)?;
        let _comment = reader.string()?;
        let padded = reader.rest().iter().zip(1u8..).all(|(byte, expected)| *byte == expected);
        let whole = padded && reader.rest().len() < 16 && public_again == public;
        whole.then_some(Halves { seed: seed.try_into().ok()?, public })
    }
}

/// Names come from the file; only their printable part may reach a message.
fn printable(name: &[u8]) -> String {
    name.iter().take(40).map(|byte| char::from(*byte)).filter(char::is_ascii_graphic).collect()
}
