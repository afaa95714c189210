//! Edits of a text -> the text after them, with markers around what contradicts.

use std::fmt::Write as _;
use std::ops::Range;

use super::Versions;

/// Edits of our text, by place.
#[derive(Debug, Default)]
pub(super) struct Edits {
    changes: Vec<Change>,
}

/// One replacement.
#[derive(Debug)]
struct Change {
    range: Range<usize>,
    text: String,
    /// What contradicts; `text` is then what the other side has.
    conflict: Option<String>,
}

impl Edits {
    /// Returns the edits that leave the choice between both files.
    pub(super) fn whole_file(versions: Versions<'_>) -> Self {
        let mut edits = Self::default();
        edits.conflict(0..versions.ours.len(), versions.theirs.to_owned(), "the file".to_owned());
        edits
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: String) {
        self.changes.push(Change { range, text, conflict: None });
    }

    /// Notes that whole lines of ours contradict those of theirs.
    pub(super) fn conflict(&mut self, range: Range<usize>, theirs: String, what: String) {
        self.changes.push(Change { range, text: theirs, conflict: Some(what) });
    }

    /// Returns a mark to go back to.
    pub(super) fn mark(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn undo(&mut self, mark: usize) {
        self.changes.truncate(mark);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(super) fn conflicts(&self) -> Vec<String> {
        self.changes.iter().filter_map(|change| change.conflict.clone()).collect()
    }

    /// Returns the text after the edits.
    pub(super) fn apply(mut self, ours: &str, marker: usize) -> String {
        // Insertions at one place keep the order they were made in.
        self.changes.sort_by_key(|change| (change.range.start, change.range.end));
        let slice = |range: Range<usize>| ours.get(range).unwrap_or_default();
        let mut merged = String::with_capacity(ours.len());
        let mut at = 0;
        for Change { range, text, conflict } in self.changes {
            if range.start < at {
                continue;
            }
            merged.push_str(slice(at..range.start));
            at = range.end;
            if conflict.is_none() {
                // What is put after the last line of a text needs that line to end.
                if range.is_empty() && text.ends_with('\n') && !merged.is_empty() && !merged.ends_with('\n') {
                    merged.push('\n');
                }
                merged.push_str(&text);
                continue;
            }
            let line = |letter: &str| letter.repeat(marker);
            let (kept, end) = (ended(slice(range)), ended(&text));
            let (open, middle, close) = (line("<"), line("="), line(">"));
            // Writing to a string cannot fail.
            let _written = write!(merged, "{open} ours\n{kept}{middle}\n{end}{close} theirs\n");
        }
        merged.push_str(slice(at..ours.len()));
        merged
    }
}

/// Returns lines that end.
fn ended(lines: &str) -> String {
    if lines.is_empty() || lines.ends_with('\n') { lines.to_owned() } else { format!("{lines}\n") }
}
