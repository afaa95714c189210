//! Numbers, ranges and ports, as Go's `strconv` reads them for Tetragon.

use super::Problem;
use crate::codes::{NEVER_MATCHES, VALUE};
use crate::{ArgumentClass, ArgumentType};

/// How the digits of a number are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Radix {
    /// Decimal only.
    Decimal,
    /// `0x`, `0b`, `0o` or a leading 0 set the radix, and `_` may separate digits.
    Prefix,
}

/// Whether Tetragon reads the values of a type with a sign, and in how many bits.
fn width(kind: ArgumentType) -> (bool, u32) {
    let is_signed = kind.is_signed() || kind == ArgumentType::Syscall64;
    (is_signed, if kind.number_bytes() == 8 { 64 } else { 32 })
}

/// Returns what is wrong with a number that is compared with an argument of this type.
pub(super) fn number_problem(text: &str, kind: ArgumentType) -> Problem {
    let (is_signed, bits) = width(kind);
    let Some(number) = read(text, Radix::Prefix, is_signed) else {
        return refused_sign(text, kind, Radix::Prefix)
            .or_else(|| Some((&VALUE, "is not a number".to_owned())));
    };
    if !fits(number, is_signed, bits) {
        return Some((&VALUE, format!("is outside the range of `{}`", kind.name())));
    }
    let narrow = kind.narrow_range().is_some_and(|(least, most)| !(least..=most).contains(&number));
    let negative = number < 0 && kind.class() == ArgumentClass::IntegerSmall;
    (narrow || negative)
        .then(|| (&NEVER_MATCHES, format!("never equals a `{}` as Tetragon reads it", kind.name())))
}

/// Returns what is wrong with a number or range that is looked up in a map: decimal, 64 bits for every type.
pub(super) fn map_problem(text: &str, kind: ArgumentType) -> Problem {
    let (is_signed, _) = width(kind);
    let end =
        |text: &str| read(text, Radix::Decimal, is_signed).filter(|number| fits(*number, is_signed, 64));
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (Some(first), Some(last)) = (end(first), end(last)) else {
        return refused_sign(text, kind, Radix::Decimal)
            .or_else(|| Some((&VALUE, "is not a decimal number or a range `min:max`".to_owned())));
    };
    let is_narrow = kind.number_bytes() == 4;
    if is_narrow && first.min(last) < 0 {
        return Some((&NEVER_MATCHES, "is negative, which a 32-bit map lookup never finds".to_owned()));
    }
    (is_narrow && first.min(last) > i128::from(u32::MAX))
        .then(|| (&NEVER_MATCHES, format!("is above every value of `{}`", kind.name())))
}

/// Returns what is wrong with a range `min:max`, which is read with a sign for every type.
pub(super) fn range_problem(text: &str, kind: ArgumentType) -> Problem {
    let ends: Option<Vec<i128>> = text.split(':').map(|end| read(end, Radix::Prefix, true)).collect();
    let Some([first, last]) = ends.as_deref() else {
        return Some((&VALUE, "is not a range `min:max`".to_owned()));
    };
    let most = if kind.number_bytes() == 8 { i128::from(i64::MAX) } else { i128::from(u32::MAX) };
    if [first, last].into_iter().any(|end| *end > most || *end < i128::from(i64::MIN)) {
        return Some((&VALUE, format!("is outside the range of `{}`", kind.name())));
    }
    (first > last).then(|| (&NEVER_MATCHES, "is a reversed range".to_owned()))
}

/// Returns what is wrong with a port or a range of ports.
pub(super) fn port_problem(text: &str) -> Problem {
    let Some((first, last)) = port_range(text) else {
        return Some((&VALUE, "is not a port or a range `min:max`".to_owned()));
    };
    (first.min(last) > 65_535).then(|| (&NEVER_MATCHES, "is above 65535".to_owned()))
}

/// Reads a decimal number or `min:max`, without signs.
pub(super) fn port_range(text: &str) -> Option<(i128, i128)> {
    let end = |text: &str| unsigned(text, Radix::Decimal).filter(|number| fits(*number, false, 64));
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    Some((end(first)?, end(last)?))
}

/// Returns the message for a number with a sign where the type has none.
fn refused_sign(text: &str, kind: ArgumentType, radix: Radix) -> Problem {
    let (is_signed, _) = width(kind);
    let has_sign = !is_signed && read(text, radix, true).is_some();
    has_sign.then(|| (&VALUE, format!("has a sign, and `{}` is read without one", kind.name())))
}

fn fits(number: i128, is_signed: bool, bits: u32) -> bool {
    let span = 1_i128 << bits;
    if is_signed { (-span / 2..span / 2).contains(&number) } else { (0..span).contains(&number) }
}

fn read(text: &str, radix: Radix, is_signed: bool) -> Option<i128> {
    match text.strip_prefix('-') {
        Some(digits) if is_signed => unsigned(digits, radix).map(|number| -number),
        Some(_) => None,
        None => unsigned(text.strip_prefix('+').filter(|_| is_signed).unwrap_or(text), radix),
    }
}

/// Reads a number without a sign.
pub(super) fn unsigned(text: &str, radix: Radix) -> Option<i128> {
    /// Number of digits that always fit.
    const SHORT: usize = 18;
    let (base, digits) = match (radix, text.as_bytes()) {
        (Radix::Prefix, [b'0', letter, _, ..]) => match letter {
            b'x' | b'X' => (16, text.get(2..)?),
            b'o' | b'O' => (8, text.get(2..)?),
            b'b' | b'B' => (2, text.get(2..)?),
            _ => (8, text.get(1..)?),
        },
        (Radix::Prefix, [b'0', _]) => (8, text.get(1..)?),
        _ => (10, text),
    };
    let joined;
    let digits = if radix == Radix::Prefix && text.contains('_') {
        if !separates_digits(text, base) {
            return None;
        }
        joined = digits.replace('_', "");
        joined.as_str()
    } else {
        digits
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    if base == 10 && digits.len() <= SHORT {
        return digits.parse::<i64>().ok().map(i128::from);
    }
    Some(i128::from_str_radix(digits, base).unwrap_or(i128::MAX))
}

/// Returns whether every `_` is between digits, or between the prefix and a digit.
fn separates_digits(text: &str, base: u32) -> bool {
    let is_prefixed = text.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
    let digits = if is_prefixed { text.get(2..).unwrap_or_default() } else { text };
    let mut after_digit = is_prefixed;
    let mut pending = false;
    for sign in digits.chars() {
        if sign == '_' {
            if pending || !after_digit {
                return false;
            }
            pending = true;
        } else {
            after_digit = sign.is_digit(base.max(10));
            pending = false;
        }
    }
    !pending
}

#[cfg(test)]
mod tests {
    use super::{Radix, map_problem, number_problem, port_problem, range_problem, unsigned};
    use crate::ArgumentType as T;

    #[test]
    fn reads_numbers_as_go_does() {
        for (text, number) in
            [("0", 0), ("010", 8), ("0x1F", 31), ("0b11", 3), ("0o17", 15), ("1_000", 1_000), ("0x_1", 1)]
        {
            assert_eq!(unsigned(text, Radix::Prefix), Some(number), "{text}");
        }
        for text in ["", "_1", "1_", "1__0", "0x", "0_x1", "08", "1 ", "0x_", "+1", "-1", "1.0", "٣"] {
            assert_eq!(unsigned(text, Radix::Prefix), None, "{text}");
        }
        assert_eq!(unsigned("1_0", Radix::Decimal), None);
        assert_eq!(unsigned("010", Radix::Decimal), Some(10));
    }

    #[test]
    fn only_signed_types_take_a_sign() {
        for (text, kind, refused) in [
            ("+3", T::Int32, false),
            ("+3", T::Uint32, true),
            ("-1", T::Int, false),
            ("-1", T::Ulong, true),
            ("-1", T::Size, false),
            ("-1", T::Syscall64, false),
            ("4294967295", T::Uint32, false),
            ("4294967296", T::Uint32, true),
            ("4294967295", T::Int, true),
            ("18446744073709551615", T::Uint64, false),
            ("18446744073709551616", T::Uint64, true),
        ] {
            let code = number_problem(text, kind).map(|(code, _)| code.id);
            assert_eq!(code == Some("engine-value"), refused, "{text} {}", kind.name());
        }
        let refused = |problem: super::Problem| problem.is_some_and(|(code, _)| code.id == "engine-value");
        assert!(refused(map_problem("-1", T::Ulong)));
        assert!(refused(map_problem("0x10", T::Int)));
        assert!(!refused(map_problem("-1", T::Int)));
        assert!(!refused(map_problem("9:1", T::Int)));
        assert!(refused(map_problem("1:2:3", T::Int)));
        assert!(!refused(range_problem("+1:0x10", T::Uint32)));
        assert!(refused(range_problem("1", T::Uint32)));
        assert!(refused(port_problem("+80")));
    }
}
