//! Spaces inside a line: one after a colon, and in brackets one after each comma.

use std::ops::Range;

use super::{Layout, range};
use crate::{Node, Value};

impl Layout<'_> {
    /// Leaves one space between the colon of a key that ends at `after` and a value on the same line.
    pub(super) fn after_colon(&mut self, after: usize, start: usize) {
        self.space(after..start, ":", ": ");
    }

    /// Lays out a list in brackets that is on one line: `[a, b]`.
    pub(super) fn in_brackets(&mut self, node: &Node) {
        let Value::Sequence(items) = &node.value else { return };
        let whole = range(node.span);
        let text = self.lines.text.get(whole.clone()).unwrap_or_default();
        if !text.starts_with('[') || !text.ends_with(']') || text.contains('\n') {
            return;
        }
        let mut seen = whole.start + 1;
        for (number, item) in items.iter().enumerate() {
            let item_range = range(item.span);
            let (before, instead) = if number == 0 { ("", "") } else { (",", ", ") };
            self.space(seen..item_range.start, before, instead);
            self.in_brackets(item);
            seen = item_range.end;
        }
        self.space(seen..whole.end - 1, "", "");
    }

    /// Replaces a gap that has nothing but spaces around `mark`.
    fn space(&mut self, gap: Range<usize>, mark: &str, instead: &str) {
        let found = self.lines.text.get(gap.clone());
        if found.is_some_and(|found| found != instead && found.trim_matches(' ') == mark) {
            self.edits.push((gap, instead.to_owned()));
        }
    }
}
