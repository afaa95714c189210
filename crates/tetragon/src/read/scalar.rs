//! Plain YAML scalar -> the type that Tetragon's YAML library gives it (YAML 1.1).

use telovix_syntax::{Node, ScalarStyle, Value};

/// The type Tetragon reads a scalar as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EngineScalar<'text> {
    Null,
    Boolean(bool),
    Integer(i128),
    Float,
    Text(&'text str),
}

/// Resolves a node if it is a scalar.
pub(super) fn resolve<'tree>(node: &'tree Node<'_>) -> Option<EngineScalar<'tree>> {
    match &node.value {
        Value::Scalar { text, style: ScalarStyle::Quoted | ScalarStyle::Folded } => {
            Some(EngineScalar::Text(text))
        }
        Value::Scalar { text, style: ScalarStyle::Plain } => Some(resolve_plain(text)),
        _ => None,
    }
}

/// Resolves a plain scalar.
pub(super) fn resolve_plain(text: &str) -> EngineScalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => EngineScalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            EngineScalar::Boolean(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            EngineScalar::Boolean(false)
        }
        _ => integer(text)
            .map(EngineScalar::Integer)
            .or_else(|| float(text))
            .unwrap_or(EngineScalar::Text(text)),
    }
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        b'0'..=b'9' => (false, text),
        _ => return None,
    };
    let magnitude = base_zero(&digits.replace('_', ""))?;
    Some(if negative { -magnitude } else { magnitude })
}

/// Reads digits as Go does with base 0: `0x`, `0o`, `0b`, a leading 0 for octal, else decimal.
fn base_zero(digits: &str) -> Option<i128> {
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| i128::from_str_radix(digits, radix).unwrap_or(i128::MAX))
}

fn float(text: &str) -> Option<EngineScalar<'_>> {
    let starts = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let named =
        matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    let number = text.parse::<f64>().ok().filter(|_| starts && !text.ends_with(char::is_alphabetic));
    match number {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            #[allow(clippy::cast_possible_truncation, reason = "integral and below 10^15")]
            let integer = number as i64;
            Some(EngineScalar::Integer(integer.into()))
        }
        Some(_) => Some(EngineScalar::Float),
        None => named.then_some(EngineScalar::Float),
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineScalar, resolve_plain};

    #[test]
    fn resolves_as_yaml_1_1() {
        for (text, expected) in [
            ("", EngineScalar::Null),
            ("yes", EngineScalar::Boolean(true)),
            ("off", EngineScalar::Boolean(false)),
            ("0x10", EngineScalar::Integer(16)),
            ("010", EngineScalar::Integer(8)),
            ("1_000", EngineScalar::Integer(1000)),
            ("0.0", EngineScalar::Integer(0)),
            ("1.5", EngineScalar::Float),
            ("5m", EngineScalar::Text("5m")),
            ("2001-01-01", EngineScalar::Text("2001-01-01")),
            ("/etc/passwd", EngineScalar::Text("/etc/passwd")),
            ("10.0.0.1", EngineScalar::Text("10.0.0.1")),
            ("1:20", EngineScalar::Text("1:20")),
        ] {
            assert_eq!(resolve_plain(text), expected, "{text:?}");
        }
    }
}
