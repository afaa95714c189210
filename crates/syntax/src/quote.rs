//! User text -> the form in which a message shows it: on one line, short, in backticks.

/// Maximum characters of user text in a message.
const SHOWN: usize = 60;

/// Quotes user text for a message.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(SHOWN) + 2);
    shown.push('`');
    for character in text.chars().take(SHOWN) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn shows_text_on_one_short_line() {
        assert_eq!(quote("/opt/amf"), "`/opt/amf`");
        assert_eq!(quote("a\nb\u{0}"), "`a\\nb\\u{0}`");
        assert_eq!(quote(&"ü".repeat(100)), format!("`{}…`", "ü".repeat(60)));
    }
}
