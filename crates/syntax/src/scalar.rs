//! Scalar text -> null, boolean, number or text, by the core schema of YAML 1.2.2 (section 10.3.2).

use super::node::{Node, ScalarStyle, Value};

/// The resolved value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'text> {
    /// `null`, `~` or empty.
    Null,
    /// `true` or `false`, in lower, upper or title case.
    Boolean(bool),
    /// Decimal, `0o` octal or `0x` hexadecimal. Beyond 128 bits it saturates, which is outside the
    /// range of every field.
    Integer(i128),
    /// A number with a point, an exponent, or one of `.inf` and `.nan`.
    Float,
    /// Anything else, and everything quoted.
    Text(&'text str),
}

impl Node<'_> {
    /// Resolves the node when it is a scalar.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.value {
            Value::Scalar { text, style: ScalarStyle::Plain } => Some(resolve(text)),
            Value::Scalar { text, style: ScalarStyle::Quoted | ScalarStyle::Folded } => {
                Some(Scalar::Text(text))
            }
            Value::Sequence(_) | Value::Mapping(_) | Value::Unreadable => None,
        }
    }

    /// Returns whether the node is null: empty, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }
}

/// Resolves a plain scalar.
#[must_use]
pub fn resolve(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => Scalar::Null,
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Scalar::Boolean(true),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Scalar::Boolean(false),
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            integer(text).or_else(|| is_float(text).then_some(Scalar::Float)).unwrap_or(Scalar::Text(text))
        }
        _ => Scalar::Text(text),
    }
}

fn integer(text: &str) -> Option<Scalar<'_>> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x', ..] => (16, text.get(2..)?),
        [b'0', b'o', ..] => (8, text.get(2..)?),
        [b'+' | b'-', ..] => (10, text.get(1..)?),
        _ => (10, text),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| char::from(digit).is_digit(radix)) {
        return None;
    }
    let negative = text.starts_with('-');
    // 16 digits of any radix fit into 64 bits, whose arithmetic takes a tenth of the time.
    let magnitude = match digits.len() {
        ..=16 => u64::from_str_radix(digits, radix).map(i128::from),
        _ => i128::from_str_radix(digits, radix),
    };
    let magnitude = magnitude.unwrap_or(i128::MAX);
    Some(Scalar::Integer(if negative { -magnitude } else { magnitude }))
}

fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    // Tells addresses and paths from numbers.
    if !unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return false;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::{Scalar, resolve};

    #[test]
    fn resolves_by_the_core_schema() {
        let table = [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("NULL", Scalar::Null),
            ("nULL", Scalar::Text("nULL")),
            ("True", Scalar::Boolean(true)),
            ("false", Scalar::Boolean(false)),
            ("yes", Scalar::Text("yes")),
            ("0", Scalar::Integer(0)),
            ("-19", Scalar::Integer(-19)),
            ("+12", Scalar::Integer(12)),
            ("0777", Scalar::Integer(777)),
            ("0o14", Scalar::Integer(12)),
            ("0x3A", Scalar::Integer(58)),
            ("-0x3A", Scalar::Text("-0x3A")),
            ("1_000", Scalar::Text("1_000")),
            ("8000-8100", Scalar::Text("8000-8100")),
            ("1:20", Scalar::Text("1:20")),
            ("0.", Scalar::Float),
            (".5", Scalar::Float),
            ("12e03", Scalar::Float),
            ("-2E+05", Scalar::Float),
            ("-.inf", Scalar::Float),
            (".nan", Scalar::Float),
            (".", Scalar::Text(".")),
            ("-", Scalar::Text("-")),
            ("1e", Scalar::Text("1e")),
            ("10.0.0.1", Scalar::Text("10.0.0.1")),
            ("0xffffffffffffffff", Scalar::Integer(i128::from(u64::MAX))),
            ("-99999999999999999999", Scalar::Integer(-99_999_999_999_999_999_999)),
            ("999999999999999999999999999999999999999999", Scalar::Integer(i128::MAX)),
        ];
        for (text, expected) in table {
            assert_eq!(resolve(text), expected, "{text:?}");
        }
    }
}
