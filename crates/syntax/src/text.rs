//! A scalar node and the text that its field accepts -> a value, or a finding that says why not.

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};

use super::codes::{CONTROL_CHARACTER, EMPTY_VALUE, FOLDED_VALUE, TOO_LONG, YAML_1_1_VALUE};
use super::field::{Lines, Shape, Text};
use super::mismatch::not_a_text;
use super::node::{Node, ScalarStyle, Value};
use super::quote::quote;
use super::scalar::Scalar;
use super::suggest::{certainty, nearest};
use super::yaml11;

/// Why a field does not accept a text.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The code to report.
    pub code: &'static Code,
    /// Follows the quoted text: `is not absolute`.
    pub problem: String,
    /// What to write instead.
    pub help: String,
    /// The text to write, if there is exactly one.
    pub meant: Option<(Certainty, String)>,
}

/// Reads a scalar node and converts its text to a value.
pub fn parsed<T>(
    node: &Node,
    shape: &Shape,
    sink: &mut Sink,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<Spanned<T>> {
    let (Shape::Text(limits) | Shape::Lexeme(limits)) = shape else { return None };
    let text = scalar_text(node, shape, limits, sink)?;
    match parse(text) {
        Ok(value) => {
            warn_of_yaml_1_1(node, sink);
            Some(Spanned::new(value, node.span))
        }
        Err(refusal) => {
            let message = format!("{} {}", quote(text), refusal.problem);
            let mut diagnostic = Diagnostic::new(refusal.code, node.span, message);
            let near = limits.known.and_then(|known| {
                let known = known();
                nearest(text, known.iter().map(String::as_str)).map(str::to_owned)
            });
            match near {
                Some(near) if refusal.meant.is_none() => {
                    let fix = Fix::value(certainty(text, &near), node.span, near.clone());
                    diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix_by(fix);
                }
                _ => diagnostic = diagnostic.help(refusal.help),
            }
            if let Some((certainty, meant)) = refusal.meant {
                diagnostic = diagnostic.fix_by(Fix::value(certainty, node.span, meant));
            }
            sink.report(diagnostic);
            None
        }
    }
}

/// Reads the text of a scalar node and checks it against the limits of its field.
pub(super) fn scalar_text<'tree>(
    node: &'tree Node<'_>,
    shape: &Shape,
    limits: &Text,
    sink: &mut Sink,
) -> Option<&'tree str> {
    let text = match (&node.value, node.scalar()) {
        (_, Some(Scalar::Text(text))) => text,
        (Value::Scalar { text, .. }, Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Float))
            if matches!(shape, Shape::Lexeme(_)) =>
        {
            text
        }
        _ => {
            not_a_text(node, limits, sink);
            return None;
        }
    };
    if matches!(node.value, Value::Scalar { style: ScalarStyle::Folded, .. }) && limits.lines == Lines::One {
        let message = format!("{} is on several lines, which YAML joins into one value", quote(text));
        sink.report(
            Diagnostic::new(&FOLDED_VALUE, node.span, message)
                .help("write it on one line; in a list, each item needs `- ` in the same column"),
        );
        return None;
    }
    let is_refused = |character: &char| {
        character.is_control() && !(limits.lines == Lines::Many && matches!(character, '\n' | '\t'))
    };
    // Control characters are below U+0020 or take two bytes or more, save one.
    let is_suspect = |byte: u8| !(b' '..0x7f).contains(&byte);
    // Without an early exit the compiler vectorises the loop.
    if text.bytes().fold(false, |suspect, byte| suspect | is_suspect(byte))
        && let Some(control) = text.chars().find(is_refused)
    {
        let message = format!("{} contains the control character U+{:04X}", quote(text), u32::from(control));
        let help = if control == '\n' { "write it on one line" } else { "remove it" };
        sink.report(Diagnostic::new(&CONTROL_CHARACTER, node.span, message).help(help));
        return None;
    }
    let length = if text.len() <= limits.most { text.len() } else { text.chars().count() };
    if length > limits.most {
        let message = format!("this text has {length} characters, more than the maximum of {}", limits.most);
        sink.report(Diagnostic::new(&TOO_LONG, node.span, message).help("shorten it"));
        return None;
    }
    if length < limits.least || (limits.least > 0 && text.chars().all(char::is_whitespace)) {
        let message = format!("expected {}, found empty text", limits.noun);
        sink.report(Diagnostic::new(&EMPTY_VALUE, node.span, message));
        return None;
    }
    Some(text)
}

/// Warns of a plain scalar that YAML 1.1 reads differently.
pub fn warn_of_yaml_1_1(node: &Node, sink: &mut Sink) {
    let Value::Scalar { text, style: ScalarStyle::Plain } = &node.value else { return };
    let Some(other) = yaml11::surprise(text) else { return };
    let here = match node.scalar() {
        Some(Scalar::Integer(number)) => format!("the number {number}"),
        _ => "text".to_owned(),
    };
    let message = format!("{} is {here} here, but {other} for a YAML 1.1 reader", quote(text));
    let quoted = format!("\"{text}\"");
    let diagnostic = Diagnostic::new(&YAML_1_1_VALUE, node.span, message);
    sink.report(if here == "text" {
        let fix = Fix::new(Certainty::SameMeaning, node.span, quoted.clone());
        diagnostic.help(format!("quote it: `{quoted}`")).fix_by(fix)
    } else {
        let diagnostic = diagnostic.help("write the number without a leading zero");
        match node.scalar() {
            Some(Scalar::Integer(number)) => {
                diagnostic.fix_by(Fix::new(Certainty::SameMeaning, node.span, number.to_string()))
            }
            _ => diagnostic,
        }
    });
}
