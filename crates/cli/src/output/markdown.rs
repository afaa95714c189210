//! Text -> text that Markdown, and HTML inside it, shows as it is.

/// Formats text as inline code; valid inside tables.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace(char::is_control, " "))
}

/// Takes the meaning out of what Markdown and HTML read as markup.
pub(crate) fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' => plain.extend(['\\', letter]),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{code, text};

    #[test]
    fn a_name_cannot_break_out_of_its_cell() {
        assert_eq!(text("a|b <script>\n@team"), "a\\|b &lt;script&gt; \\@team");
        assert_eq!(code("a`|b"), "`a'\\|b`");
    }
}
