//! Plain scalar -> its value in YAML 1.1, where that differs from YAML 1.2.
//!
//! The types are those of <https://yaml.org/type/>. Go tools such as Tetragon, and PyYAML, read
//! by these rules, so `no` has another meaning there than here.

/// Returns how a YAML 1.1 reader reads `text`, or nothing when both versions agree.
#[must_use]
pub fn surprise(text: &str) -> Option<String> {
    match text.as_bytes() {
        [b'y' | b'Y' | b'n' | b'N' | b'o' | b'O', ..] => boolean(text).map(str::to_owned),
        [b'+' | b'-' | b'0'..=b'9', ..] => number(text),
        // Nearly every text starts like this.
        _ => None,
    }
}

/// `no` is false.
fn boolean(text: &str) -> Option<&'static str> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("`true`"),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("`false`"),
        _ => None,
    }
}

fn number(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Nearly every number is the same in both.
    if !unsigned.starts_with('0') && !unsigned.bytes().any(|byte| matches!(byte, b':' | b'_')) {
        return None;
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let number = sexagesimal(unsigned).or_else(|| with_underscores(unsigned)).or_else(|| octal(unsigned))?;
    Some(format!("the number {sign}{number}"))
}

/// `1:30` counts in sixties: 90.
fn sexagesimal(text: &str) -> Option<String> {
    if !text.contains(':') {
        return None;
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut parts = whole.split(':');
    let first = parts.next()?.replace('_', "");
    let mut total: u128 = first.parse().ok()?;
    let mut sixties = 0;
    for part in parts {
        let digit: u8 = part.parse().ok().filter(|digit| *digit < 60 && part.len() <= 2)?;
        total = total.checked_mul(60)?.checked_add(u128::from(digit))?;
        sixties += 1;
    }
    let starts_well = fraction.is_some() || !first.starts_with('0');
    let digits_only = fraction.is_none_or(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    (sixties > 0 && starts_well && digits_only).then(|| match fraction {
        None | Some("") => total.to_string(),
        Some(rest) => format!("{total}.{rest}"),
    })
}

/// `1_000` is 1000, also in `0x` and `0b` notation and in fractions.
fn with_underscores(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("0b") {
        return u128::from_str_radix(&digits.replace('_', ""), 2).ok().map(|number| number.to_string());
    }
    if !text.contains('_') {
        return None;
    }
    let bare = text.replace('_', "");
    if let Some(digits) = bare.strip_prefix("0x") {
        return u128::from_str_radix(digits, 16).ok().map(|number| number.to_string());
    }
    let is_number = bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && bare.bytes().filter(|byte| *byte == b'.').count() <= 1;
    is_number.then(|| octal(&bare).unwrap_or(bare))
}

/// `0777` is 511.
fn octal(text: &str) -> Option<String> {
    let digits = text.strip_prefix('0').filter(|digits| !digits.is_empty())?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = u128::from_str_radix(digits, 8).ok()?;
    (digits.parse() != Ok(number)).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::surprise;

    #[test]
    fn knows_what_yaml_1_1_makes_of_plain_text() {
        let table = [
            ("no", Some("`false`")),
            ("On", Some("`true`")),
            ("y", Some("`true`")),
            ("0777", Some("the number 511")),
            ("-010", Some("the number -8")),
            ("1_000", Some("the number 1000")),
            ("0x_FF", Some("the number 255")),
            ("0b101", Some("the number 5")),
            ("1:30", Some("the number 90")),
            ("190:20:30", Some("the number 685230")),
            ("190:20:30.15", Some("the number 685230.15")),
        ];
        for (text, expected) in table {
            assert_eq!(surprise(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn stays_silent_where_both_versions_agree() {
        for text in [
            "",
            "north",
            "true",
            "443",
            "07",
            "0",
            "000",
            "0899",
            "10.0.0.1",
            "01:30",
            "8000-8100",
            "1:75",
            "::1",
        ] {
            assert_eq!(surprise(text), None, "{text:?}");
        }
    }
}
