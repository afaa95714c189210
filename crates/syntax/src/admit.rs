//! A source -> whether it is text within the size limit.

use telovix_diagnostic::source::{Source, SourceId, Span};
use telovix_diagnostic::{Diagnostic, Sink};

use super::codes::{CONTROL_CHARACTER, SOURCE_TOO_LARGE};
use super::limits::SOURCE_BYTES;

/// Returns whether a source is text within the size limit, and reports why not.
pub(super) fn admit(id: SourceId, source: &Source, sink: &mut Sink) -> bool {
    let text = source.text();
    if text.len() > SOURCE_BYTES {
        let message = format!(
            "this file has {} bytes, more than the {SOURCE_BYTES} bytes one file may have",
            text.len()
        );
        let help = "split it: any number of files can be compiled together";
        sink.report(Diagnostic::new(&SOURCE_TOO_LARGE, Span::start_of(id), message).help(help));
        return false;
    }
    let Some((offset, character)) = first_control(text) else { return true };
    let span = Span::new(id, offset, offset + character.len_utf8());
    let message = format!("found the control character U+{:04X}, which is not text", u32::from(character));
    let help =
        "save the file as UTF-8 text; inside double quotes a control character is written as an escape";
    sink.report(Diagnostic::new(&CONTROL_CHARACTER, span, message).help(help));
    false
}

/// Finds what the `c-printable` production of YAML 1.2.2 (section 5.1) excludes.
fn first_control(text: &str) -> Option<(usize, char)> {
    let is_suspect = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte >= 0x7f;
    // Nearly all text is plain ASCII: one pass that the compiler vectorises settles it.
    if !text.bytes().fold(false, |suspect, byte| suspect | is_suspect(byte)) {
        return None;
    }
    text.char_indices().find(|(_, character)| {
        let allowed = matches!(character, '\t' | '\n' | '\r' | '\u{85}');
        (character.is_control() && !allowed) || matches!(character, '\u{fffe}' | '\u{ffff}')
    })
}
