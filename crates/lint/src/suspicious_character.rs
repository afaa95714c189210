//! A path or process name with a character that looks like another -> the character and its code point.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::{Date, look_alike};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("suspicious_character.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for (text, span) in super::list::path_texts(document) {
        report(&text, span, sink);
    }
    if let Document::RuntimeGuard(guard) = document {
        for process in &guard.processes {
            report(&process.name.value, process.name.span, sink);
        }
    }
}

fn report(text: &str, span: Span, sink: &mut Sink) {
    let Some(found) = text.split('/').find_map(look_alike) else { return };
    let message = format!(
        "`{text}` contains `{found}` (U+{:04X}), which looks like another character",
        u32::from(found)
    );
    let found =
        Diagnostic::new(&LINT.code, span, message).help("retype the name if the Latin letter is meant");
    let latin: String = text.chars().map(|character| latin(character).unwrap_or(character)).collect();
    sink.report(if text.split('/').all(|part| look_alike(part).is_none()) || latin == text {
        found
    } else {
        found.fix_by(Fix::value(Certainty::Guess, span, latin))
    });
}

/// Returns the Latin letter or ASCII character that a character looks like.
fn latin(character: char) -> Option<char> {
    if matches!(character, '\u{ff01}'..='\u{ff5e}') {
        return char::from_u32(u32::from(character) - 0xfee0);
    }
    let pairs = [
        ("аеорсухіјѕһԁԛԝ", "aeopcyxijshdqw"),
        ("АВЕКМНОРСТХІЈЅ", "ABEKMHOPCTXIJS"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"),
    ];
    pairs
        .iter()
        .find_map(|(alike, latin)| latin.chars().nth(alike.chars().position(|other| other == character)?))
}
