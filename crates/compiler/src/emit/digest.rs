//! Bytes -> the digest by which manifests and signatures identify them.

use sha2::{Digest, Sha256};

/// Returns SHA-256 of `bytes` in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digest = Sha256::digest(bytes);
    let mut text = String::with_capacity(2 * digest.len());
    for byte in digest {
        text.extend([byte >> 4, byte & 0xf].map(|nibble| DIGITS[usize::from(nibble)]));
    }
    text
}
