//! A text and the nodes read from it -> their bytes and lines.

use std::ops::Range;

use telovix_syntax::{Entry, Node};

/// One text that trees were read from.
#[derive(Clone, Copy)]
pub(super) struct Text<'text>(pub(super) &'text str);

impl<'text> Text<'text> {
    pub(super) fn slice(self, range: Range<usize>) -> &'text str {
        self.0.get(range).expect("spans of the text lie in it")
    }

    pub(super) fn line_start(self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Returns the end of the line at a position, including its line end.
    pub(super) fn line_end(self, at: usize) -> usize {
        self.0.get(at..).and_then(|rest| rest.find('\n')).map_or(self.0.len(), |newline| at + newline + 1)
    }

    pub(super) fn column(self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// Returns the indentation of the line that starts here.
    pub(super) fn indent(self, line: usize) -> usize {
        let line = self.0.get(line..).expect("a line starts in the text");
        line.len() - line.trim_start_matches(' ').len()
    }

    pub(super) fn is_flow(self, node: &Node) -> bool {
        self.0.get(offset(node.span.start)..).is_some_and(|rest| rest.starts_with(['[', '{']))
    }

    /// Returns the lines of an entry.
    pub(super) fn lines(self, entry: &Entry) -> Range<usize> {
        self.line_start(start(entry))..self.line_end(end(entry))
    }

    /// Returns the lines of an entry with the comments directly above it.
    pub(super) fn lines_with_remarks(self, entry: &Entry) -> Range<usize> {
        let Range { start: mut first, end } = self.lines(entry);
        let column = self.indent(first);
        while first > 0 {
            let above = self.line_start(first - 1);
            let line = self.slice(above..first);
            if self.indent(above) != column || !line.trim_start().starts_with('#') {
                break;
            }
            first = above;
        }
        first..end
    }

    /// Returns the lines of an item of a block list, from its dash.
    pub(super) fn item_lines(self, item: &Node) -> Range<usize> {
        self.line_start(offset(item.span.start))..self.line_end(offset(item.span.end))
    }

    /// Returns a document with its separator and the comments above it.
    pub(super) fn document(self, node: &Node) -> Range<usize> {
        let (first, last) = (offset(node.span.start), offset(node.span.end));
        let mut start = 0;
        let mut at = 0;
        for line in self.0.split_inclusive('\n') {
            let marks = line.trim_end() == "---" || line.starts_with("--- ");
            if marks && at <= first {
                start = at;
            } else if marks {
                return start..at.max(last);
            }
            at += line.len();
        }
        start..self.0.len()
    }
}

pub(super) fn offset(place: u32) -> usize {
    place as usize
}

pub(super) fn range(node: &Node) -> Range<usize> {
    offset(node.span.start)..offset(node.span.end)
}

pub(super) fn start(entry: &Entry) -> usize {
    offset(entry.key.span.start)
}

/// Returns the end of an entry. An entry without a value ends with its key.
pub(super) fn end(entry: &Entry) -> usize {
    offset(entry.value.span.end.max(entry.key.span.end))
}

/// Returns the colon and the value of an entry.
pub(super) fn after_key(entry: &Entry) -> Range<usize> {
    offset(entry.key.span.end)..end(entry)
}

/// Moves every line, except an unindented first one, from one column to another.
pub(super) fn shifted(text: &str, (ours, theirs): (usize, usize)) -> String {
    let move_line = |line: &str| match ours.checked_sub(theirs) {
        Some(more) if !line.trim().is_empty() && line.starts_with(' ') => {
            format!("{}{line}", " ".repeat(more))
        }
        Some(more) if !line.trim().is_empty() && theirs == 0 => format!("{}{line}", " ".repeat(more)),
        Some(_) => line.to_owned(),
        None => {
            let spare = line.len() - line.trim_start_matches(' ').len();
            line.get(spare.min(theirs - ours)..).expect("the line starts with that many spaces").to_owned()
        }
    };
    let mut lines = text.split_inclusive('\n');
    let whole = text.starts_with(' ') || !text.starts_with(':');
    let first = lines.next().map(|first| if whole { move_line(first) } else { first.to_owned() });
    first.into_iter().chain(lines.map(move_line)).collect()
}

/// Adds a line end if it is missing.
pub(super) fn with_end(text: String) -> String {
    if text.ends_with('\n') { text } else { format!("{text}\n") }
}

/// Returns a document after a separator.
pub(super) fn separated(document: &str) -> String {
    let text = with_end(document.to_owned());
    let marked =
        text.lines().next().is_some_and(|first| first.trim_end() == "---" || first.starts_with("--- "));
    if marked { text } else { format!("---\n{text}") }
}
