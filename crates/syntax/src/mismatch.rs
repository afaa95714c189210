//! A node of another type than its field -> a finding that shows how to write what was probably meant.

use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};

use super::codes::{UNKNOWN_VALUE, WRONG_TYPE};
use super::field::{Choice, Shape, Text};
use super::node::{Node, ScalarStyle, Value};
use super::quote::quote;
use super::scalar::Scalar;
use super::suggest::{certainty, nearest};

/// Reports a node of another type than its field.
pub fn wrong_type(node: &Node, expected: &str, sink: &mut Sink) {
    let Some(diagnostic) = mismatch(node, expected) else { return };
    let is_document = matches!(
        &node.value,
        Value::Scalar { text, style: ScalarStyle::Quoted } if text.contains(':') && text.contains('\n')
    );
    // `policy: |` with the document as text below.
    let help = "write it as keys and values, without `|` or quotes";
    sink.report(if is_document { diagnostic.help(help) } else { diagnostic });
}

/// Reports a node that should be `true` or `false`.
pub(super) fn not_a_boolean(node: &Node, sink: &mut Sink) {
    let Some(diagnostic) = mismatch(node, Shape::Boolean.noun()) else { return };
    let word = match node.text().unwrap_or_default().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => "true",
        "false" | "no" | "off" | "n" | "0" => "false",
        _ => return sink.report(diagnostic),
    };
    sink.report(diagnostic.help(format!("write `{word}`")).fix_by(Fix::new(
        Certainty::Meant,
        node.span,
        word,
    )));
}

/// Reports a node that should be a whole number.
pub(super) fn not_a_number(node: &Node, sink: &mut Sink) {
    let Some(diagnostic) = mismatch(node, "a whole number") else { return };
    let digits = node.text().unwrap_or_default().replace(['_', ','], "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return sink.report(diagnostic);
    }
    let help = format!("write `{digits}`, in digits only and without quotes");
    sink.report(diagnostic.help(help).fix_by(Fix::new(Certainty::Meant, node.span, digits)));
}

/// Reports a node that should be text.
pub(super) fn not_a_text(node: &Node, limits: &Text, sink: &mut Sink) {
    let Some(diagnostic) = mismatch(node, limits.noun) else { return };
    let is_plain = matches!(node.scalar(), Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Float));
    match node.text() {
        // Quotes make it text, but not a path or an address.
        Some(text) if is_plain && limits.pattern.is_none() => {
            let quoted = format!("\"{text}\"");
            let fix = Fix::new(Certainty::Meant, node.span, quoted.clone());
            sink.report(diagnostic.help(format!("quote it: `{quoted}`")).fix_by(fix));
        }
        _ => sink.report(diagnostic),
    }
}

/// Reports a node that should be a list.
pub(super) fn not_a_list(node: &Node, item: &Shape, sink: &mut Sink) {
    match (&node.value, item) {
        (Value::Scalar { text, .. }, Shape::Text(_) | Shape::Lexeme(_)) => {
            let message = format!("expected a list, found {}", quote(text));
            let diagnostic = Diagnostic::new(&WRONG_TYPE, node.span, message);
            sink.report(diagnostic.help("write each item on its own line after `- `, or all in `[` and `]`"));
        }
        _ => wrong_type(node, "a list", sink),
    }
}

/// Returns what to write for a missing field.
pub(super) fn expectation(shape: &Shape) -> String {
    match shape {
        Shape::Choice(choices) => format!("one of {}", words(choices.iter().map(|choice| choice.word))),
        other => other.noun().to_owned(),
    }
}

/// Reports a word that a field does not accept.
pub(super) fn unknown_word(node: &Node, text: &str, field: &str, choices: &[Choice], sink: &mut Sink) {
    let message = format!("{} is not a value of `{field}`", quote(text));
    let diagnostic = Diagnostic::new(&UNKNOWN_VALUE, node.span, message);
    let choices = || choices.iter().map(|choice| choice.word);
    sink.report(match nearest(text, choices()) {
        Some(word) => diagnostic.help(format!("did you mean `{word}`?")).fix_by(Fix::value(
            certainty(text, word),
            node.span,
            word,
        )),
        None => diagnostic.help(format!("write one of {}", words(choices()))),
    });
}

/// Lists words for a message.
pub(super) fn words<'word>(words: impl Iterator<Item = &'word str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Returns a finding of what was expected and what was found; none for a node that was already reported.
fn mismatch(node: &Node, expected: &str) -> Option<Diagnostic> {
    let shown = || quote(node.text().unwrap_or_default());
    let found = match (&node.value, node.scalar()) {
        (Value::Unreadable, _) => return None,
        (Value::Sequence(_), _) => "a list".to_owned(),
        (Value::Mapping(_), _) => "a mapping".to_owned(),
        (Value::Scalar { .. }, None | Some(Scalar::Null)) => "nothing".to_owned(),
        (Value::Scalar { .. }, Some(Scalar::Boolean(_))) => format!("the boolean {}", shown()),
        (Value::Scalar { .. }, Some(Scalar::Integer(_) | Scalar::Float)) => format!("the number {}", shown()),
        (Value::Scalar { .. }, Some(Scalar::Text(_))) => format!("the text {}", shown()),
    };
    Some(Diagnostic::new(&WRONG_TYPE, node.span, format!("expected {expected}, found {found}")))
}
