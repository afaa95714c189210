//! Items and entries that they added or removed -> edits of our text, in our formatting.

use std::ops::Range;

use telovix_syntax::{Entry, Mapping, Node};

use super::identity::scalars;
use super::text::{after_key, end, offset, range, shifted, start, with_end};
use super::tree::{Contradicts, Merge};

impl Merge<'_> {
    /// Removes items from our list and inserts some of theirs.
    pub(super) fn change_list(
        &mut self,
        (our, ours): (&Entry, &[Node]),
        their: &Entry,
        removed: &[&Node],
        added: &[&Node],
    ) -> Result<(), Contradicts> {
        let flow = self.ours.is_flow(&our.value);
        let all_scalars = |items: &[&Node]| items.iter().all(|item| item.text().is_some());
        let gone = |item: &Node| removed.iter().any(|other| other.span == item.span);
        let kept: Vec<&Node> = ours.iter().filter(|item| !gone(item)).collect();
        let texts = |merge: &Self| -> Vec<String> {
            added.iter().map(|item| merge.theirs.slice(range(item)).to_owned()).collect()
        };
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        if kept.is_empty() || (flow && !self.ours.slice(range(&our.value)).contains('\n')) {
            if !all_scalars(added) && (kept.is_empty() && !flow) && scalars(ours).is_none() {
                return self.take_theirs(our, their);
            }
            let mine = kept.iter().map(|item| self.ours.slice(range(item)).to_owned());
            let items: Vec<String> = mine.chain(texts(self)).collect();
            if items.iter().any(|item| item.contains('\n')) {
                return Err(Contradicts);
            }
            let list = format!(": [{}]", items.join(", "));
            self.edits.replace(after_key(our), list);
            return Ok(());
        }
        for (place, item) in ours.iter().enumerate().filter(|(_, item)| gone(item)) {
            let range = if flow {
                // Up to the next item, or from the end of the previous one.
                let (start, end) = (offset(item.span.start), offset(item.span.end));
                match (ours.get(place + 1), place.checked_sub(1).and_then(|before| ours.get(before))) {
                    (Some(next), _) => start..offset(next.span.start),
                    (None, Some(before)) => offset(before.span.end)..end,
                    (None, None) => start..end,
                }
            } else {
                self.ours.item_lines(item)
            };
            self.edits.replace(range, String::new());
        }
        let Some(last) = kept.last() else { return Err(Contradicts) };
        for item in added {
            if flow {
                let text = self.theirs.slice(range(item));
                let line = self.ours.line_start(offset(last.span.start));
                let indent = self.ours.slice(line..offset(last.span.start));
                let alone = indent.trim().is_empty();
                let between = if alone { format!(",\n{indent}") } else { ", ".to_owned() };
                let end = offset(last.span.end);
                self.edits.replace(end..end, format!("{between}{text}"));
            } else {
                let lines = self.ours.item_lines(last);
                let text = if self.theirs.is_flow(&their.value) {
                    let indent = " ".repeat(self.ours.column(lines.start));
                    format!("{indent}- {}\n", self.theirs.slice(range(item)))
                } else {
                    let theirs = self.theirs.item_lines(item);
                    let shift = (self.ours.indent(lines.start), self.theirs.indent(theirs.start));
                    shifted(self.theirs.slice(theirs), shift)
                };
                self.edits.replace(lines.end..lines.end, with_end(text));
            }
        }
        Ok(())
    }

    /// Inserts an entry of theirs after the one of ours that precedes it in theirs.
    pub(super) fn insert_entry(
        &mut self,
        previous: Option<&Entry>,
        their: &Entry,
        (node, ours): (&Node, &Mapping),
        their_node: &Node,
    ) -> Result<(), Contradicts> {
        let Some(anchor) = previous.or(ours.entries.first()) else { return Err(Contradicts) };
        if self.ours.is_flow(node) {
            let text = self.theirs.slice(start(their)..end(their));
            if text.contains('\n') {
                return Err(Contradicts);
            }
            let (at, text) = match previous {
                Some(anchor) => (end(anchor), format!(", {text}")),
                None => (start(anchor), format!("{text}, ")),
            };
            self.edits.replace(at..at, text);
            return Ok(());
        }
        let shift = (self.ours.column(start(anchor)), self.theirs.column(start(their)));
        let lines = if self.theirs.is_flow(their_node) {
            let text = self.theirs.slice(start(their)..end(their));
            format!("{}{text}", " ".repeat(shift.0))
        } else {
            shifted(self.theirs.slice(self.theirs.lines_with_remarks(their)), shift)
        };
        // The first key of a list's item follows a dash: nothing can be inserted before it.
        let at = match previous {
            Some(anchor) => self.ours.lines(anchor).end,
            None if self.ours.indent(self.ours.line_start(start(anchor))) == shift.0 => {
                self.ours.lines(anchor).start
            }
            None => self.ours.lines(anchor).end,
        };
        self.edits.replace(at..at, with_end(lines));
        Ok(())
    }

    /// Returns the range to remove from our text with an entry.
    pub(super) fn removal(&self, our: &Entry, node: &Node, ours: &Mapping) -> Range<usize> {
        if !self.ours.is_flow(node) {
            return self.ours.lines(our);
        }
        let place = ours
            .entries
            .iter()
            .position(|entry| entry.key.span == our.key.span)
            .expect("the entry is one of the mapping");
        match (ours.entries.get(place + 1), place.checked_sub(1).and_then(|before| ours.entries.get(before)))
        {
            (Some(next), _) => start(our)..start(next),
            (None, Some(before)) => end(before)..end(our),
            (None, None) => start(our)..end(our),
        }
    }
}
