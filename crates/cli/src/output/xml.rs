//! Text -> escaped text for XML, SVG and HTML.

/// Escapes text for XML 1.0, in content and in attributes. XML cannot represent most control characters, which are
/// replaced by U+FFFD.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_cannot_close_an_element_or_an_attribute() {
        assert_eq!(escaped("</title>\n&\"\u{1}"), "&lt;/title&gt;&#10;&amp;&quot;\u{fffd}");
    }
}
