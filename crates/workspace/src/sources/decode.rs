//! Bytes -> text, or the reason why they are not text.

use super::Problem;

/// Returns the bytes as text.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Problem::Utf16(name.to_owned()));
    }
    if bytes.contains(&0) {
        return Err(Problem::Binary(name.to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = *rest.first().expect("text that is not UTF-8 has a byte that is not");
        Problem::NotUtf8 { path: name.to_owned(), byte, line }
    })
}
