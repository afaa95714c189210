//! Bytes -> text, or what kind of bytes they are instead.

use telovix_diagnostic::Diagnostic;

use super::code;

/// Returns the bytes as text.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Box<Diagnostic>> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = format!("`{name}` is UTF-16, expected UTF-8");
        return Err(Diagnostic::new(&code::NOT_UTF8, None, message).help("save the file as UTF-8").into());
    }
    if bytes.contains(&0) {
        let message = format!("`{name}` is binary, expected YAML or JSON text");
        let problem = Diagnostic::new(&code::BINARY_FILE, None, message);
        return Err(problem.help("leave it out of the paths to read").into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
        let message = format!("`{name}` is not UTF-8: byte 0x{byte:02x} on line {line}");
        Diagnostic::new(&code::NOT_UTF8, None, message).help("save the file as UTF-8").into()
    })
}
