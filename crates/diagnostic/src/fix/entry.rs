//! Edits of whole entries -> replacements of the text around them, in the layout the file has.

use crate::fix::Edit;
use crate::source::Span;

/// An edit of an entry of a list or a mapping. What has to be replaced depends on the text around the entry, which the
/// author of a lint does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryEdit {
    /// Replace a scalar, and keep its quotes.
    Value(Span, String),
    /// Remove the entry, with its dash or comma and the comment on its line; or a comment. The only entry of a list or
    /// a mapping is not removed: an empty list means something else.
    Remove(Span),
    /// Remove the entry; if it is the only one, together with the key of its list.
    RemoveWithKey(Span),
    /// Add entries after this one of the same list.
    InsertAfter(Span, Vec<String>),
    /// Add a key with its value to a mapping, after the entry with this scalar value, which is on one line.
    AddKey(Span, String, String),
}

impl EntryEdit {
    /// Returns the entry.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Value(span, _)
            | Self::Remove(span)
            | Self::RemoveWithKey(span)
            | Self::InsertAfter(span, _)
            | Self::AddKey(span, ..) => *span,
        }
    }

    /// Returns the replacement in `text`. `None` if the entry cannot be edited alone.
    pub(super) fn resolve(&self, text: &str) -> Option<Edit> {
        let span = self.span();
        let entry = Entry::at(text, span)?;
        match self {
            Self::Value(_, value) => Some(Edit { span, replacement: quoted_like(entry.written, value)? }),
            Self::Remove(_) | Self::RemoveWithKey(_) => {
                let (mut start, end) = entry.whole()?;
                if let Some(key) = entry.key_of_the_only().filter(|_| !entry.written.starts_with('#')) {
                    matches!(self, Self::RemoveWithKey(_)).then_some(())?;
                    start = key;
                }
                Some(Edit { span: Span::new(span.source, start, end), replacement: String::new() })
            }
            Self::InsertAfter(_, values) => {
                let (at, replacement) = entry.with_more(values)?;
                Some(Edit { span: Span::new(span.source, at, at), replacement })
            }
            Self::AddKey(_, key, value) => {
                let (at, replacement) = entry.with_key(key, value)?;
                Some(Edit { span: Span::new(span.source, at, at), replacement })
            }
        }
    }
}

/// Returns a value in the quotes that the value before it has. `None` if it would need an escape, or quotes of its own.
fn quoted_like(written: &str, value: &str) -> Option<String> {
    let needs_escape = |character: char| matches!(character, '"' | '\'' | '\\') || character.is_control();
    if value.is_empty() || value.contains(needs_escape) {
        return None;
    }
    match written.chars().next() {
        Some(quote @ ('"' | '\'')) => Some(format!("{quote}{value}{quote}")),
        _ => is_plain(value).then(|| value.to_owned()),
    }
}

/// Returns whether YAML reads a text without quotes as this text, in a list in brackets too.
fn is_plain(value: &str) -> bool {
    let special = |first: char| "-?:,[]{}#&*!|>%@` ".contains(first);
    !value.starts_with(special)
        && !value.ends_with([':', ' '])
        && !value.contains([',', '[', ']', '{', '}'])
        && !value.contains(": ")
        && !value.contains(" #")
}

/// An entry and the text around it.
struct Entry<'text> {
    text: &'text str,
    written: &'text str,
    start: usize,
    end: usize,
    /// Where the first line of the entry starts.
    line: usize,
    /// Where its last line ends, before the line break.
    line_end: usize,
}

impl<'text> Entry<'text> {
    fn at(text: &'text str, span: Span) -> Option<Self> {
        let written = text.get(span.start as usize..span.end as usize)?.trim_end();
        let (start, end) = (span.start as usize, span.start as usize + written.len());
        let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(end..)?;
        let line_end = end + rest.find('\n').map_or(rest.len(), |at| rest[..at].trim_end_matches('\r').len());
        Some(Self { text, written, start, end, line, line_end })
    }

    fn before(&self) -> &'text str {
        &self.text[self.line..self.start]
    }

    fn after(&self) -> &'text str {
        &self.text[self.end..self.line_end]
    }

    /// Returns the bytes of its lines with their line break.
    fn lines(&self) -> (usize, usize) {
        let rest = &self.text[self.line_end..];
        let line_break = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        match line_break {
            // The last line of a file without a final line break: the break before it goes.
            0 => {
                let before = self.text[..self.line].strip_suffix('\n').unwrap_or(&self.text[..self.line]);
                (before.strip_suffix('\r').unwrap_or(before).len(), self.line_end)
            }
            length => (self.line, self.line_end + length),
        }
    }

    /// Returns the bytes to remove with the entry.
    fn whole(&self) -> Option<(usize, usize)> {
        let before = self.before().trim_start_matches('\u{feff}');
        // The value of a key that is alone on its line.
        let is_key = |text: &str| {
            text.strip_suffix(':')
                .is_some_and(|key| !key.is_empty() && !key.contains([' ', ':', '{', '[', '"', '\'']))
        };
        if is_key(before.trim()) && !self.written.contains('\n') {
            let rest = self.after().trim_start();
            return (rest.is_empty() || rest.starts_with('#')).then(|| self.lines());
        }
        if self.written.starts_with('#') {
            return Some(match before.trim() {
                "" => self.lines(),
                _ => (self.line + self.before().trim_end().len(), self.end),
            });
        }
        let is_free = |rest: &str| rest.trim().is_empty() || rest.trim_start().starts_with('#');
        let rest = self.after().trim_start();
        match before.trim() {
            "-" if is_free(rest) => return Some(self.lines()),
            "" if is_free(rest) && self.comma_before().is_none() => return Some(self.lines()),
            _ => {}
        }
        if let Some(next) = rest.strip_prefix(',') {
            if before.trim().is_empty() && is_free(next) {
                return Some(self.lines());
            }
            let after_comma = self.line_end - next.len();
            let spaces = next.len() - next.trim_start_matches([' ', '\t']).len();
            return Some((self.start, after_comma + spaces));
        }
        self.comma_before().map(|comma| (comma, self.end))
    }

    /// Returns where the line with the key of its list or mapping starts, if it is the only entry, on lines of its own.
    fn key_of_the_only(&self) -> Option<usize> {
        let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let counts = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let own = indentation(self.before());
        let is_item = |line: &str| line.trim_start().starts_with("- ") || line.trim() == "-";
        let in_list = is_item(self.before());
        if let Some(next) = self.text[self.line_end..].lines().skip(1).find(counts)
            && indentation(next) == own
            && is_item(next) == in_list
        {
            return None;
        }
        let above = self.text[..self.line].lines().rev().find(counts)?;
        let is_key = above.split(" #").next().unwrap_or_default().trim_end().ends_with(':');
        let is_parent = indentation(above) < own || (in_list && !is_item(above) && indentation(above) == own);
        (is_key && is_parent).then(|| above.as_ptr() as usize - self.text.as_ptr() as usize)
    }

    /// Returns where the comma before the entry is, if only space is between them.
    fn comma_before(&self) -> Option<usize> {
        let before = self.text[..self.start].trim_end();
        before.ends_with(',').then(|| before.len() - 1)
    }

    /// Returns where to insert further entries of its list, and their text.
    fn with_more(&self, values: &[String]) -> Option<(usize, String)> {
        let values: Vec<String> =
            values.iter().map(|value| quoted_like(self.written, value)).collect::<Option<_>>()?;
        let rest = self.after().trim_start();
        let is_free = rest.is_empty() || rest.starts_with('#');
        if self.before().trim() == "-" && is_free {
            let ending = if self.text[self.line_end..].starts_with("\r\n") { "\r\n" } else { "\n" };
            let added = values.iter().map(|value| format!("{ending}{}{value}", self.before()));
            return Some((self.line_end, added.collect()));
        }
        let in_brackets = rest.starts_with([',', ']']) || is_free;
        in_brackets.then(|| (self.end, values.iter().map(|value| format!(", {value}")).collect()))
    }

    /// Returns where to insert a further key of its mapping, and the text.
    fn with_key(&self, key: &str, value: &str) -> Option<(usize, String)> {
        if self.written.contains('\n') || self.written.is_empty() {
            return None;
        }
        let before = self.before();
        let rest = self.after().trim_start();
        if before.contains('{') || before.trim_end().ends_with("\":") || rest.starts_with([',', '}']) {
            let is_json = before.trim_end().ends_with("\":");
            let plain =
                value.starts_with('[') || value.bytes().all(|byte| byte.is_ascii_digit()) || value == "true";
            let added = match (is_json, plain) {
                (false, _) => format!(", {key}: {value}"),
                (true, true) => format!(", \"{key}\": {value}"),
                (true, false) => format!(", \"{key}\": \"{value}\""),
            };
            return Some((self.end, added));
        }
        let is_free = rest.is_empty() || rest.starts_with('#');
        let indentation = before.len() - before.trim_start_matches([' ', '-']).len();
        let ending = if self.text[self.line_end..].starts_with("\r\n") { "\r\n" } else { "\n" };
        (is_free && before.trim_end().ends_with(':'))
            .then(|| (self.line_end, format!("{ending}{}{key}: {value}", " ".repeat(indentation))))
    }
}

#[cfg(test)]
mod tests {
    use super::EntryEdit;
    use crate::fix::{Certainty, Fix};
    use crate::source::{SourceSet, Span};

    /// Applies an edit of the part of the text between `«` and `»`.
    fn edited(marked: &str, edit: impl Fn(Span) -> EntryEdit) -> Option<String> {
        let start = marked.find('«').expect("a start");
        let end = marked.find('»').expect("an end") - '«'.len_utf8();
        let text = marked.replace(['«', '»'], "");
        let sources = SourceSet::single("case.yaml", &text);
        let (source, _) = sources.iter().next().expect("one source");
        let fix = Fix::entries(Certainty::Meant, vec![edit(Span::new(source, start, end))]);
        let resolved = fix.resolve(&sources)?;
        let edit = resolved.edits.first()?;
        let mut result = text;
        result.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        Some(result)
    }

    fn removed(marked: &str) -> Option<String> {
        edited(marked, EntryEdit::Remove)
    }

    #[test]
    fn removes_an_entry_with_its_dash_or_comma() {
        for (before, after) in [
            ("a:\n  - x\n  - «y» # why\n  - z\n", "a:\n  - x\n  - z\n"),
            ("a:\r\n  - x\r\n  - «y»\r\n", "a:\r\n  - x\r\n"),
            ("a:\n  - x\n  - «y»", "a:\n  - x"),
            ("a: [x, «y», z] # all", "a: [x, z] # all"),
            ("a: [«x», y]", "a: [y]"),
            ("a: [x, «y»]", "a: [x]"),
            ("a: [ x , «y» ]", "a: [ x  ]"),
            ("{\"a\": [\n  \"x\",\n  «\"y\"»\n]}", "{\"a\": [\n  \"x\"\n]}"),
            ("{\"a\": [\n  «\"x\"»,\n  \"y\"\n]}", "{\"a\": [\n  \"y\"\n]}"),
            ("a: [\n  x, # one\n  «y»,\n]", "a: [\n  x, # one\n]"),
            ("a: 1\n«b: 2»\nc: 3\n", "a: 1\nc: 3\n"),
            ("a:\n  - «b: 1\n    c: 2\n»  - d: 3\n", "a:\n  - d: 3\n"),
            ("a: 1 «# stale»\nb: 2\n", "a: 1\nb: 2\n"),
            ("«# stale»\nb: 2\n", "b: 2\n"),
            ("a: 1\nb: «true»\n", "a: 1\n"),
        ] {
            assert_eq!(removed(before).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn adds_entries_in_the_layout_of_their_list() {
        let more = |span| EntryEdit::InsertAfter(span, vec!["b".to_owned(), "c".to_owned()]);
        for (before, after) in [
            ("a:\n  - «x» # why\n  - z\n", "a:\n  - x # why\n  - b\n  - c\n  - z\n"),
            ("a:\r\n- «x»\r\n", "a:\r\n- x\r\n- b\r\n- c\r\n"),
            ("a: [«x»]", "a: [x, b, c]"),
            ("{\"a\": [«\"x\"», \"z\"]}", "{\"a\": [\"x\", \"b\", \"c\", \"z\"]}"),
        ] {
            assert_eq!(edited(before, more).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn removes_the_only_entry_with_its_key() {
        let removed = |marked| edited(marked, EntryEdit::RemoveWithKey);
        assert_eq!(removed("a: 1\nb:\n  - «x: 1\n    y: 2»\nc: 1\n").as_deref(), Some("a: 1\nc: 1\n"));
        assert_eq!(removed("b:\n  - «x»\n  - y\n").as_deref(), Some("b:\n  - y\n"));
    }

    #[test]
    fn adds_a_key_to_the_mapping() {
        let key = |span| EntryEdit::AddKey(span, "k".to_owned(), "v".to_owned());
        for (before, after) in [
            ("a: «x» # why\nb: 1\n", "a: x # why\nk: v\nb: 1\n"),
            ("l:\r\n  - a: «x»\r\n    b: 1\r\n", "l:\r\n  - a: x\r\n    k: v\r\n    b: 1\r\n"),
            ("l: [{a: «x», b: 1}]", "l: [{a: x, k: v, b: 1}]"),
            ("{\"a\": «\"x\"»}", "{\"a\": \"x\", \"k\": \"v\"}"),
        ] {
            assert_eq!(edited(before, key).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn keeps_the_quotes_of_a_value() {
        let value = |text: &'static str| move |span| EntryEdit::Value(span, text.to_owned());
        assert_eq!(edited("a: «'x'»", value("y")).as_deref(), Some("a: 'y'"));
        assert_eq!(edited("a: «\"x\"»", value("y")).as_deref(), Some("a: \"y\""));
        assert_eq!(edited("a: «x»", value("y")).as_deref(), Some("a: y"));
        assert_eq!(edited("a: «x»", value("*y")), None);
    }

    #[test]
    fn leaves_what_it_cannot_edit_alone() {
        assert_eq!(removed("a: «x» y"), None);
        assert_eq!(removed("- - «x»\n"), None);
        assert_eq!(removed("a: [«x»]"), None);
        assert_eq!(removed("a: # why\n  # it\n  - «x»\nb: 1\n"), None);
        assert_eq!(removed("a:\n- «x»\nb: 1\n"), None);
    }
}
