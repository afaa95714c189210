//! The values of a filter on numbers -> ranges or masks.

use crate::{ArgumentClass, ArgumentType, Operator};
use telovix_policy::value::Capability;

/// Numbers that a filter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberSet {
    /// Inclusive ranges.
    Ranges(Vec<(i128, i128)>),
    /// Numbers that have a bit of this mask.
    Mask(u64),
}

impl NumberSet {
    /// Reads the values of an operator as Tetragon's encoder does; `None` if it rejects them, or if they are missing.
    pub(super) fn read<'value>(
        operator: Operator,
        kind: ArgumentType,
        values: &(impl Iterator<Item = &'value str> + Clone),
    ) -> Option<Self> {
        use Operator as O;
        values.clone().next()?;
        let ranges = |range: &dyn Fn(&str) -> Option<(i128, i128)>| {
            values.clone().map(range).collect::<Option<Vec<_>>>().map(Self::Ranges)
        };
        let is_mask = kind.class() == ArgumentClass::CapabilityMask;
        let number = |text: &str| go_integer(text).or_else(|| capabilities(text).filter(|_| is_mask));
        // Only these types are compared signed; others see a negative value as a large one.
        let signed = matches!(
            kind,
            ArgumentType::Int
                | ArgumentType::Int32
                | ArgumentType::Sint32
                | ArgumentType::Int64
                | ArgumentType::Sint64
                | ArgumentType::Long
        );
        let seen = |number: i128| if signed || number >= 0 { number } else { number + (1 << 32) };
        match operator {
            O::Equal | O::NotEqual => ranges(&|text| number(text).map(|number| (seen(number), seen(number)))),
            O::GreaterThan | O::Gt => {
                ranges(&|text| number(text).map(|number| (seen(number) + 1, i128::MAX)))
            }
            O::LessThan | O::Lt => ranges(&|text| number(text).map(|number| (i128::MIN, seen(number) - 1))),
            O::InRange | O::NotInRange => ranges(&|text| {
                let (first, last) = text.split_once(':')?;
                Some((go_integer(first)?, go_integer(last)?))
            }),
            // A negative value is stored with its sign and looked up without: it is never found.
            O::InMap | O::NotInMap => ranges(&|text| decimal_range(text, true)),
            O::Mask => {
                let masks = values.clone().map(|text| number(text).and_then(bits));
                masks
                    .collect::<Option<Vec<_>>>()
                    .map(|masks| Self::Mask(masks.into_iter().fold(0, |sum, mask| sum | mask)))
            }
            _ => None,
        }
    }

    /// Returns the same set with its ranges in order, and with those joined that touch.
    pub(super) fn joined(self) -> Self {
        let Self::Ranges(mut ranges) = self else { return self };
        ranges.sort_unstable();
        ranges.dedup_by(|later, earlier| {
            let touches = later.0 <= earlier.1.saturating_add(1);
            if touches {
                earlier.1 = earlier.1.max(later.1);
            }
            touches
        });
        Self::Ranges(ranges)
    }

    /// Returns whether a number is inside.
    pub(super) fn contains(&self, number: u64) -> bool {
        match self {
            Self::Ranges(ranges) => {
                let number = i128::from(number);
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&number))
            }
            Self::Mask(mask) => mask & number != 0,
        }
    }
}

fn bits(number: i128) -> Option<u64> {
    u64::try_from(number).ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned))
}

/// Reads `min:max` with the ends in any order, or `n` as the range from it to itself.
pub(super) fn decimal_range(text: &str, signed: bool) -> Option<(i128, i128)> {
    if let Some(number) = decimal(text, signed) {
        return Some((number, number));
    }
    let (first, last) = text.split_once(':')?;
    let (first, last) = (decimal(first, signed)?, decimal(last, signed)?);
    Some((first.min(last), first.max(last)))
}

fn decimal(text: &str, signed: bool) -> Option<i128> {
    let digits = if signed { text.strip_prefix(['-', '+']).unwrap_or(text) } else { text };
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i128 = digits.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// Reads an integer as Go's `strconv` does with base 0.
fn go_integer(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, rest.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, rest.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, rest.get(2..)?),
        [b'0', _, ..] => (8, rest.get(1..)?),
        _ => (10, rest),
    };
    let digits = digits.replace('_', "");
    let is_number =
        !digits.is_empty() && digits.len() <= 24 && digits.chars().all(|digit| digit.is_digit(radix));
    let magnitude =
        i128::from_str_radix(&digits, radix).ok().filter(|number| is_number && *number < 1 << 64)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// Reads a list of capability names as a mask.
fn capabilities(text: &str) -> Option<i128> {
    let numbers: Option<Vec<u8>> = text.split(',').map(capability).collect();
    Some(numbers?.into_iter().fold(0, |mask, number| mask | 1 << number))
}

/// Returns the number of a capability's name: with `CAP_`, except for `DAC_OVERRIDE`.
fn capability(name: &str) -> Option<u8> {
    let upper = name.trim().to_ascii_uppercase();
    let is_named = upper == "DAC_OVERRIDE" || (upper.starts_with("CAP_") && upper != "CAP_DAC_OVERRIDE");
    Capability::parse(&upper).ok().filter(|_| is_named).map(Capability::number)
}
