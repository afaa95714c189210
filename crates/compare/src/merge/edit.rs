//! Edits of a text -> the edited text, with markers around conflicts.

use std::fmt::Write as _;
use std::ops::Range;

use super::Versions;

/// Edits of our text, by position.
#[derive(Debug, Default)]
pub(super) struct Edits {
    changes: Vec<Change>,
}

/// One replacement.
#[derive(Debug)]
struct Change {
    range: Range<usize>,
    text: String,
    /// The conflict, if it is one; `text` is then that of the other side.
    conflict: Option<String>,
}

impl Edits {
    /// Returns the edits that make the whole file a conflict.
    pub(super) fn whole_file(versions: Versions<'_>) -> Self {
        let mut edits = Self::default();
        edits.conflict(0..versions.ours.len(), versions.theirs.to_owned(), "the file".to_owned());
        edits
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: String) {
        self.changes.push(Change { range, text, conflict: None });
    }

    /// Adds a conflict between whole lines of ours and theirs.
    pub(super) fn conflict(&mut self, range: Range<usize>, theirs: String, what: String) {
        self.changes.push(Change { range, text: theirs, conflict: Some(what) });
    }

    /// Returns a mark for `undo`.
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
        // Insertions at one position keep their order.
        self.changes.sort_by_key(|change| (change.range.start, change.range.end));
        let slice = |range: Range<usize>| ours.get(range).expect("edits lie in the text");
        let mut merged = String::with_capacity(ours.len());
        let mut at = 0;
        for Change { range, text, conflict } in self.changes {
            if range.start < at {
                continue;
            }
            merged.push_str(slice(at..range.start));
            at = range.end;
            if conflict.is_none() {
                // Text added after the last line needs a line end before it.
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

/// Returns the lines with a line end after the last one.
fn ended(lines: &str) -> String {
    if lines.is_empty() || lines.ends_with('\n') { lines.to_owned() } else { format!("{lines}\n") }
}
