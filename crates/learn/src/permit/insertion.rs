//! Places of a document -> edits of its text, in the layout that is there.

use telovix_diagnostic::Edit;
use telovix_diagnostic::source::{SourceId, SourceSet, Span};

/// The text of a document.
pub(super) struct Page<'run> {
    source: SourceId,
    text: &'run str,
}

impl<'run> Page<'run> {
    /// Returns the text that a place is in.
    pub(super) fn new(sources: &'run SourceSet, place: Span) -> Self {
        let text = sources.get(place.source).map_or("", |source| source.text());
        Self { source: place.source, text }
    }

    /// Returns the text of a place.
    pub(super) fn text(&self, place: Span) -> &'run str {
        self.text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }

    fn edit(&self, start: usize, end: usize, replacement: String) -> Edit {
        Edit { span: Span::new(self.source, start, end), replacement }
    }

    /// Returns where the line of a place starts, and what is before the place in it.
    fn line_before(&self, at: u32) -> (usize, &'run str) {
        let at = at as usize;
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (start, before.get(start..).unwrap_or_default())
    }

    /// Returns the end of the line of a place, after its line break, and whether there is one.
    fn line_after(&self, at: u32) -> (usize, bool) {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        rest.find('\n').map_or((self.text.len(), false), |newline| (at as usize + newline + 1, true))
    }

    /// Inserts lines after the line of a place.
    fn lines_after(&self, at: u32, lines: &str) -> Edit {
        let (end, ended) = self.line_after(at);
        let text = if ended { lines.to_owned() } else { format!("\n{}", lines.trim_end_matches('\n')) };
        self.edit(end, end, text)
    }

    /// Adds an item to a list.
    pub(super) fn item(&self, list: Span, last: Option<Span>, value: &str) -> Edit {
        let is_flow = self.text(list).starts_with('[');
        match last {
            None => {
                let at = list.start as usize + 1;
                self.edit(at, at, quoted(value))
            }
            Some(last) if is_flow => {
                let at = last.end as usize;
                self.edit(at, at, format!(", {}", quoted(value)))
            }
            Some(last) => {
                let (_, before) = self.line_before(last.start);
                self.lines_after(last.end, &format!("{before}{}\n", quoted(value)))
            }
        }
    }

    /// Removes an item of a list.
    pub(super) fn without(&self, list: Span, items: &[Span], at: usize) -> Edit {
        let (start, end) = (list.start as usize, list.end as usize);
        let Some(item) = items.get(at) else { return self.edit(start, start, String::new()) };
        if let [_] = items {
            // A list without items is written in brackets.
            return self.edit(start, end, "[]".to_owned());
        }
        if self.text(list).starts_with('[') {
            return match (at.checked_sub(1).and_then(|before| items.get(before)), items.get(at + 1)) {
                (Some(before), _) => self.edit(before.end as usize, item.end as usize, String::new()),
                (None, Some(next)) => self.edit(item.start as usize, next.start as usize, String::new()),
                (None, None) => self.edit(start, end, "[]".to_owned()),
            };
        }
        let (line, _) = self.line_before(item.start);
        self.edit(line, self.line_after(item.end).0, String::new())
    }

    /// Adds a list with one item after the key of a mapping, as its first key. None when the mapping is not written on
    /// lines.
    pub(super) fn first_key(&self, of: Span, key: &str, value: &str) -> Option<Edit> {
        let (next, _) = self.line_after(of.end);
        let rest_of_line = self.text.get(of.end as usize..next)?.trim();
        let first = self.text.get(next..)?.lines().next()?;
        let indent = first.get(..first.len() - first.trim_start_matches(' ').len())?;
        let on_lines = rest_of_line == ":" && !indent.is_empty();
        on_lines.then(|| self.edit(next, next, format!("{indent}{key}:\n{indent}  - {}\n", quoted(value))))
    }

    /// Adds an exception after the last one, or after the line of a key. None when the document is not written on lines.
    pub(super) fn exception(&self, last: Option<Span>, key: Span, fields: &[(&str, String)]) -> Option<Edit> {
        let (_, line) = self.line_before(last.unwrap_or(key).start);
        if line.contains('{') || line.contains('[') {
            return None;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (head, after) = match last {
            Some(last) => (line.to_owned(), last.end),
            None => (format!("{}exceptions:\n{0}  - ", " ".repeat(indent)), key.end),
        };
        let column = head.rsplit('\n').next().map_or(0, str::len);
        let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
        let text = format!("{head}{}\n", lines.join(&format!("\n{}", " ".repeat(column))));
        // The end of a mapping may be the start of what follows it.
        let end = self.text.get(..after as usize).map_or(0, |text| text.trim_end().len());
        Some(self.lines_after(u32::try_from(end).unwrap_or(u32::MAX), &text))
    }
}

/// Returns a value for YAML and JSON: plain where that is plainly the same text.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let starts = value.starts_with('/') || value.starts_with(|letter: char| letter.is_ascii_uppercase());
    if !value.is_empty() && (is_number || starts || value.contains('/')) && value.bytes().all(plain) {
        return value.to_owned();
    }
    let mut out = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
