//! The text of an expression -> tokens.

use super::Refusal;

/// A token. Texts are those of the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'text> {
    /// Digits, or `0x` and hexadecimal digits.
    Int(&'text str),
    /// The same with a `u` after it, which is left out here.
    Uint(&'text str),
    /// A name or keyword.
    Name(&'text str),
    /// An operator or bracket.
    Sign(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 15] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "!", "(", ")", ",", "."];

/// Reads all tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let mut found = Vec::new();
    let mut rest = skip_blank(text);
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '0'..='9' => number(rest)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let (name, after) = split(rest, |letter| letter.is_ascii_alphanumeric() || letter == '_');
                let prefix = name.chars().all(|letter| "rRbB".contains(letter));
                if prefix && after.starts_with(['"', '\'']) {
                    return Err(no_text());
                }
                (Token::Name(name), after)
            }
            '"' | '\'' => return Err(no_text()),
            _ => {
                let sign =
                    SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(|| unknown(first))?;
                (Token::Sign(sign), rest.get(sign.len()..).unwrap_or_default())
            }
        };
        found.push(token);
        rest = skip_blank(after);
    }
    Ok(found)
}

fn number(text: &str) -> Result<(Token<'_>, &str), Refusal> {
    let (digits, after) = match text.strip_prefix("0x") {
        Some(rest) if rest.starts_with(|digit: char| digit.is_ascii_hexdigit()) => {
            let (digits, after) = split(rest, |digit| digit.is_ascii_hexdigit());
            (text.get(..digits.len() + 2).unwrap_or_default(), after)
        }
        _ => split(text, |digit| digit.is_ascii_digit()),
    };
    let is_decimal = !digits.starts_with("0x");
    let fraction =
        after.strip_prefix('.').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
    let exponent = after.strip_prefix(['e', 'E']).is_some_and(|rest| {
        rest.trim_start_matches(['+', '-']).starts_with(|digit: char| digit.is_ascii_digit())
    });
    if is_decimal && (fraction || exponent) {
        return Err(Refusal("has a fraction, and Tetragon compares integers only".to_owned()));
    }
    Ok(match after.strip_prefix(['u', 'U']) {
        Some(after) => (Token::Uint(digits), after),
        None => (Token::Int(digits), after),
    })
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    text.split_at(end)
}

/// Skips white space, and comments from `//` to the end of the line.
fn skip_blank(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']);
        let Some(comment) = rest.strip_prefix("//") else { return rest };
        rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
    }
}

fn no_text() -> Refusal {
    Refusal("has text in quotes, and Tetragon compares integers only".to_owned())
}

fn unknown(sign: char) -> Refusal {
    let sign = sign.escape_default();
    Refusal(format!("has `{sign}`, which Tetragon does not declare"))
}
