//! Keys -> files and back: private ones readable by their owner alone, each written completely or not at all.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::read::{self, MAX_KEY_BYTES};
use super::{Encoding, KeyError, Passphrase, PrivateKey, PublicKey};
use crate::replace::create_whole;

const OWNER_ONLY: u32 = 0o600;
const EVERYONE_READS: u32 = 0o644;

/// Why a key file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner may read or write the private key.
    #[error("`{path}` may be read or changed by others (mode {mode:04o}); expected 0600", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The bytes are not the expected kind of key.
    #[error("`{path}`: {source}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
}

/// Reads a public key in any encoding.
///
/// # Errors
/// When the file cannot be read or holds no public key.
pub fn read_public(path: &Path) -> Result<(PublicKey, Encoding), KeyFileError> {
    let file = File::open(path).map_err(|source| at(path, source))?;
    let bytes = read_small(path, file)?;
    read::public_key(&bytes).map_err(|source| KeyFileError::Key { path: path.to_owned(), source })
}

/// Reads the bytes of a private key file that only its owner may use.
///
/// # Errors
/// When the file cannot be read, or when its mode lets others use it.
pub fn read_private_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let file = File::open(path).map_err(|source| at(path, source))?;
    let status = file.metadata().map_err(|source| at(path, source))?;
    let mode = status.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    read_small(path, file)
}

/// Writes a new private key with mode 0600, encrypted when a passphrase is given.
///
/// # Errors
/// When the path exists already or cannot be written; a key file is never overwritten.
pub fn write_private(
    path: &Path,
    key: &PrivateKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), KeyFileError> {
    let pem = match passphrase {
        Some(passphrase) => key
            .to_encrypted_pem(passphrase)
            .map_err(|source| KeyFileError::Key { path: path.to_owned(), source })?,
        None => key.to_pem(),
    };
    create_whole(path, pem.as_bytes(), OWNER_ONLY).map_err(|source| at(path, source))
}

/// Writes a new public key as SPKI PEM, the format of `policy-signing.pub`.
///
/// # Errors
/// When the path exists already or cannot be written.
pub fn write_public(path: &Path, key: &PublicKey) -> Result<(), KeyFileError> {
    create_whole(path, key.to_pem().as_bytes(), EVERYONE_READS).map_err(|source| at(path, source))
}

fn read_small(path: &Path, file: File) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    // The buffer never grows, so that no copy of a key is left in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_BYTES + 2));
    let limit = MAX_KEY_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|source| at(path, source))?;
    Ok(bytes)
}

fn at(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::File { path: path.to_owned(), source }
}
