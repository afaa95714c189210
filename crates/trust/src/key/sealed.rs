//! PKCS#8 bytes and a passphrase -> `EncryptedPrivateKeyInfo` with PBES2, and back.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Encode as _;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::scrypt::Params as ScryptParameters;
use pkcs8::pkcs5::{EncryptionScheme, Error as Pkcs5Error};
use zeroize::Zeroizing;

use super::{Encoding, KeyError, Passphrase};

/// 2^14 blocks of 8 x 128 bytes fill 16 MiB: OpenSSL refuses scrypt beyond 32 MiB.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_BLOCK_SIZE: u32 = 8;
/// Five passes make up for the small memory (OWASP password storage, scrypt table).
const SCRYPT_PASSES: u32 = 5;

/// The highest cost at which a key from elsewhere is opened.
const MAX_SCRYPT_BYTES: u64 = 256 << 20;
const MAX_SCRYPT_WORK: u64 = 2 << 30;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// Encrypts the DER of a private key with scrypt and AES-256-CBC.
pub(super) fn seal(der: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, KeyError> {
    let (mut salt, mut vector) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt).map_err(|_| KeyError::NoRandomness)?;
    getrandom::fill(&mut vector).map_err(|_| KeyError::NoRandomness)?;
    let cost = ScryptParameters::new(SCRYPT_LOG_N, SCRYPT_BLOCK_SIZE, SCRYPT_PASSES)
        .expect("the constants are valid scrypt parameters");
    let scheme = Parameters::generate_scrypt_aes256cbc(cost, &salt, vector)
        .expect("a salt of 16 bytes fits PBES2 parameters");
    let sealed = scheme.encrypt(passphrase.as_bytes(), der).expect("CBC pads any length");
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: EncryptionScheme::Pbes2(scheme),
        encrypted_data: OctetStringRef::new(&sealed).expect("a sealed key is below 4 GiB"),
    };
    Ok(info.to_der().expect("a sealed key has a DER form"))
}

/// Opens `EncryptedPrivateKeyInfo` and returns the PKCS#8 DER inside.
pub(super) fn open(der: &[u8], passphrase: Option<&Passphrase>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::try_from(der)
        .map_err(|_| KeyError::Damaged(Encoding::EncryptedPkcs8Pem))?;
    let scheme =
        info.encryption_algorithm.pbes2().ok_or_else(|| KeyError::UnknownCipher("PBES1".to_owned()))?;
    refuse_costly(&scheme.kdf)?;
    let passphrase = passphrase.ok_or(KeyError::PassphraseNeeded)?;
    match scheme.decrypt(passphrase.as_bytes(), info.encrypted_data.as_bytes()) {
        Ok(opened) => Ok(Zeroizing::new(opened)),
        Err(Pkcs5Error::UnsupportedAlgorithm { oid }) => Err(KeyError::UnknownCipher(oid.to_string())),
        Err(_) => Err(KeyError::WrongPassphrase),
    }
}

/// The cost is in the file, so a hostile file could demand any amount.
fn refuse_costly(derivation: &Kdf) -> Result<(), KeyError> {
    let acceptable = match derivation {
        Kdf::Scrypt(scrypt) => {
            let block = 128 * u64::from(scrypt.block_size);
            let table = block.saturating_mul(scrypt.cost_parameter);
            let lanes = block * u64::from(scrypt.parallelization);
            table.saturating_add(lanes) <= MAX_SCRYPT_BYTES
                && table.saturating_mul(u64::from(scrypt.parallelization)) <= MAX_SCRYPT_WORK
        }
        Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= MAX_PBKDF2_ROUNDS,
        _ => false,
    };
    if acceptable { Ok(()) } else { Err(KeyError::TooCostly) }
}
