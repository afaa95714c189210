//! PEM text -> its label and bytes, and bytes -> PEM with 64 columns (RFC 7468).

use zeroize::Zeroizing;

use crate::encoding::{base64_decode, base64_encode};

const COLUMNS: usize = 64;

/// The first PEM block of a text.
pub(super) struct Block<'text> {
    pub(super) label: &'text str,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// What text is, read as PEM.
pub(super) enum Pem<'text> {
    /// There is no PEM block in it.
    Absent,
    /// A block begins but does not end, or its body is not base64.
    Damaged,
    /// A complete block.
    Block(Block<'text>),
}

/// Reads the first block. Text before it is skipped, as other readers do; line width does not matter.
pub(super) fn read(text: &str) -> Pem<'_> {
    let Some((_, after_begin)) = text.split_once("-----BEGIN ") else { return Pem::Absent };
    let block = after_begin.split_once("-----").and_then(|(label, rest)| {
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let mut joined = Zeroizing::new(String::with_capacity(body.len()));
        joined.extend(body.chars().filter(|character| !character.is_ascii_whitespace()));
        Some(Block { label, bytes: base64_decode(&joined)? })
    });
    block.map_or(Pem::Damaged, Pem::Block)
}

/// Writes one block. The result is wiped when dropped, because it may be a private key.
pub(super) fn write(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(base64_encode(bytes));
    let lines = body.len().div_ceil(COLUMNS);
    let mut text = Zeroizing::new(String::with_capacity(body.len() + lines + 2 * label.len() + 32));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for (column, character) in body.chars().enumerate() {
        if column > 0 && column % COLUMNS == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}
