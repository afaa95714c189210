//! Filters on numbers -> whether a number passes.

use telovix_tetragon::Operator;

/// Returns whether a filter matches a number; none if Tetragon does not accept the operator or a value.
pub(super) fn matches<'value>(
    operator: Operator,
    values: impl IntoIterator<Item = &'value str>,
    number: i64,
) -> Option<bool> {
    let mut found = false;
    for value in values {
        found |= match operator {
            Operator::Equal | Operator::NotEqual => parse(value)? == number,
            Operator::GreaterThan | Operator::Gt => number > parse(value)?,
            Operator::LessThan | Operator::Lt => number < parse(value)?,
            Operator::Mask => number & parse(value)? != 0,
            Operator::InMap | Operator::NotInMap => {
                let (first, last) = decimal_range(value)?;
                (first.min(last)..=first.max(last)).contains(&number)
            }
            Operator::InRange | Operator::NotInRange => {
                let (first, last) = value.split_once(':')?;
                (parse(first)?..=parse(last)?).contains(&number)
            }
            _ => return None,
        };
    }
    Some(found != operator.is_negative())
}

/// Reads one decimal number, or two of them as `first:last`.
fn decimal_range(text: &str) -> Option<(i64, i64)> {
    match text.split_once(':') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => text.parse().ok().map(|number| (number, number)),
    }
}

/// Reads a number as Go does with base 0.
fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let number = i64::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::{matches, parse};
    use telovix_tetragon::Operator;

    #[test]
    fn reads_numbers_like_go() {
        let cases =
            [("21", Some(21)), ("0x15", Some(21)), ("025", Some(21)), ("0b10101", Some(21)), ("0", Some(0))];
        for (text, number) in cases {
            assert_eq!(parse(text), number, "{text}");
        }
        for text in ["", "0x", "CAP_SYS_ADMIN", "+-1", "--1", "9z"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("-1"), Some(-1));
    }

    #[test]
    fn negative_operators_match_the_rest() {
        assert_eq!(matches(Operator::NotEqual, ["21", "12"], 21), Some(false));
        assert_eq!(matches(Operator::NotEqual, ["21", "12"], 22), Some(true));
        assert_eq!(matches(Operator::InMap, ["10:12"], 11), Some(true));
        assert_eq!(matches(Operator::NotInRange, ["10:12"], 11), Some(false));
        assert_eq!(matches(Operator::InMap, ["0x10"], 16), None);
        assert_eq!(matches(Operator::Postfix, ["1"], 1), None);
    }
}
