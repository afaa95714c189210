//! A path -> the part of it before something that changes from one run or day to the next.

/// What makes a name change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// `0b9c7b6e-1f7a-4d6c-9a52-0f4a0c3a9d11`.
    Uuid,
    /// `2026-11-20`, also without dashes and with a time after it.
    Date,
    /// At least twelve hexadecimal digits with a letter among them.
    Hexadecimal,
    /// At least five digits: a number of a process, a counter.
    Number,
    /// `1.4.2`.
    Version,
}

impl Token {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "a UUID",
            Self::Date => "a date",
            Self::Hexadecimal => "hexadecimal digits",
            Self::Number => "a number",
            Self::Version => "a version",
        }
    }
}

/// Returns where the first such part of a path begins, and what it is.
#[must_use]
pub(crate) fn find(path: &str) -> Option<(usize, Token)> {
    let bytes = path.as_bytes();
    (1..bytes.len()).find_map(|at| {
        let before = bytes.get(at - 1).copied()?;
        token(bytes.get(at..)?, before).map(|token| (at, token))
    })
}

/// Returns the token at the start of a text. `before` is the byte before it.
fn token(text: &[u8], before: u8) -> Option<Token> {
    let digits = run(text, u8::is_ascii_digit);
    if before.is_ascii_digit() {
        return None;
    }
    if is_uuid(text) && !before.is_ascii_alphanumeric() {
        return Some(Token::Uuid);
    }
    if is_date(text) {
        return Some(Token::Date);
    }
    let hexadecimal = run(text, u8::is_ascii_hexdigit);
    let mixed = digits < hexadecimal && text.iter().take(hexadecimal).any(u8::is_ascii_digit);
    if hexadecimal >= 12 && mixed && !before.is_ascii_alphanumeric() {
        return Some(Token::Hexadecimal);
    }
    if digits >= 5 {
        return Some(Token::Number);
    }
    is_version(text).then_some(Token::Version)
}

fn run(text: &[u8], of: impl Fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| of(byte)).count()
}

fn is_uuid(text: &[u8]) -> bool {
    let Some(text) = text.get(..36) else { return false };
    text.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => matches!(byte, b'-' | b'_'),
        _ => byte.is_ascii_hexdigit(),
    })
}

/// `2026-11-20`, `2026_11_20`, `2026.11.20`; `20261120` is a number.
fn is_date(text: &[u8]) -> bool {
    let Some(text) = text.get(..10) else { return false };
    let century = text.starts_with(b"19") || text.starts_with(b"20");
    century
        && text.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => matches!(byte, b'-' | b'_' | b'.'),
            _ => byte.is_ascii_digit(),
        })
}

/// Three numbers with dots between them.
fn is_version(text: &[u8]) -> bool {
    let mut rest = text;
    for part in 0..3 {
        let digits = run(rest, u8::is_ascii_digit);
        if digits == 0 {
            return false;
        }
        rest = rest.get(digits..).unwrap_or_default();
        if part < 2 {
            match rest.split_first() {
                Some((b'.', after)) => rest = after,
                _ => return false,
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Token, find};

    #[test]
    fn the_first_changing_part_is_found() {
        let cut = |path: &'static str| find(path).map(|(at, token)| (path.get(..at).unwrap_or(""), token));
        assert_eq!(cut("/var/log/amf/amf-2026-11-20.log"), Some(("/var/log/amf/amf-", Token::Date)));
        assert_eq!(cut("/run/x/0b9c7b6e-1f7a-4d6c-9a52-0f4a0c3a9d11/v"), Some(("/run/x/", Token::Uuid)));
        assert_eq!(cut("/var/run/app.48213.sock"), Some(("/var/run/app.", Token::Number)));
        assert_eq!(cut("/opt/amf-1.4.2/lib/a.so"), Some(("/opt/amf-", Token::Version)));
        assert_eq!(cut("/var/cache/9f86d081884c7d65/x"), Some(("/var/cache/", Token::Hexadecimal)));
        assert_eq!(cut("/var/log/20261120.log"), Some(("/var/log/", Token::Number)));
        for stable in [
            "/usr/lib/python3.11/os.py",
            "/usr/lib/x86_64-linux-gnu/libssl.so.3",
            "/etc/deadbeefcafe",
            "/a/b2b",
        ] {
            assert_eq!(find(stable), None, "{stable}");
        }
    }
}
