//! Three trees -> edits of our text that bring in what theirs changed, and what contradicts.
//!
//! Our text stays as it is but for the entries that they changed: those are put in as they wrote them.

use std::ops::Range;

use super::Versions;
use super::edit::Edits;
use super::identity::{called, counterparts, names, same, scalars};
use crate::syntax::{Entry, Mapping, Node, Value};

/// The smallest thing that one side has to itself: where both changed a larger one, it is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// An entry of a list.
    Entry,
    /// A field of a document.
    Field,
    /// A document: every field in which its two versions differ is a conflict.
    Document,
}

/// Both sides changed one thing to different things.
struct Contradicts;

/// Merges the documents of three texts.
pub(super) fn merge(
    versions: Versions<'_>,
    base: &[Node],
    ours: &[Node],
    theirs: &[Node],
    grain: Grain,
) -> Edits {
    let mut merge = Merge {
        ours: Text(versions.ours),
        theirs: Text(versions.theirs),
        grain,
        apart: false,
        edits: Edits::default(),
    };
    merge.documents(base, ours, theirs);
    merge.edits
}

struct Merge<'text> {
    ours: Text<'text>,
    theirs: Text<'text>,
    grain: Grain,
    /// Whether both sides changed the document at hand and nothing of it is merged.
    apart: bool,
    edits: Edits,
}

impl Merge<'_> {
    fn documents(&mut self, base: &[Node], ours: &[Node], theirs: &[Node]) {
        let (of_base, of_theirs) = (counterparts(ours, base), counterparts(ours, theirs));
        let base_theirs = counterparts(base, theirs);
        let at = |list: &[Option<usize>], place: usize| list.get(place).copied().flatten();
        for (place, our) in ours.iter().enumerate() {
            let before = at(&of_base, place);
            // A renamed document is known by where it comes from.
            let after = at(&of_theirs, place).or_else(|| at(&base_theirs, before?));
            let (before, after) = (before.and_then(|at| base.get(at)), after.and_then(|at| theirs.get(at)));
            match (before, after) {
                (_, Some(their)) => self.document(before, our, their),
                (Some(before), None) if same(before, our) => {
                    let range = self.ours.document(our);
                    self.edits.replace(range, String::new());
                }
                (Some(_), None) => {
                    let range = self.ours.document(our);
                    self.edits.conflict(range, String::new(), format!("{}: they removed it", called(our)));
                }
                (None, None) => {}
            }
        }
        let to_ours = counterparts(theirs, ours);
        let to_base = counterparts(theirs, base);
        let base_ours = counterparts(base, ours);
        for (place, their) in theirs.iter().enumerate() {
            let before = at(&to_base, place);
            if at(&to_ours, place).or_else(|| at(&base_ours, before?)).is_some() {
                continue;
            }
            let end = self.ours.0.len();
            let added = separated(self.theirs.slice(self.theirs.document(their)));
            match before.and_then(|at| base.get(at)) {
                None => self.edits.replace(end..end, added),
                Some(before) if same(before, their) => {}
                Some(_) => {
                    self.edits.conflict(end..end, added, format!("{}: we removed it", called(their)));
                }
            }
        }
    }

    fn document(&mut self, before: Option<&Node>, our: &Node, their: &Node) {
        let changed = |side: &Node| before.is_none_or(|before| !same(before, side));
        if !changed(their) || same(our, their) {
            return;
        }
        self.apart = self.grain == Grain::Document && changed(our);
        let merged = match (&our.value, &their.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                self.mapping(before.and_then(Node::as_mapping), (our, one), (their, two), &called(our))
            }
            _ => Err(Contradicts),
        };
        if merged.is_err() {
            let (range, theirs) = (self.ours.document(our), self.theirs.document(their));
            let text = self.theirs.slice(theirs).to_owned();
            self.edits.conflict(range, text, called(our));
        }
    }

    /// Merges the entries of a mapping. A block mapping keeps its conflicts to the lines of an entry.
    fn mapping(
        &mut self,
        before: Option<&Mapping>,
        (our_node, ours): (&Node, &Mapping),
        (their_node, theirs): (&Node, &Mapping),
        place: &str,
    ) -> Result<(), Contradicts> {
        let block = !self.ours.is_flow(our_node);
        for our in &ours.entries {
            let key = our.key.value.as_str();
            let (base, their) = (before.and_then(|before| before.get(key)), theirs.entry(key));
            let mark = self.edits.mark();
            if self.entry(base, our, their, (our_node, ours), place).is_ok() {
                continue;
            }
            if !block {
                return Err(Contradicts);
            }
            self.edits.undo(mark);
            let lines = their.map(|their| self.theirs.slice(self.theirs.lines(their)).to_owned());
            let range = self.ours.lines(our);
            self.edits.conflict(range, lines.unwrap_or_default(), format!("{place}: `{key}`"));
        }
        for (at, their) in theirs.entries.iter().enumerate() {
            let key = their.key.value.as_str();
            if ours.entry(key).is_some() {
                continue;
            }
            match before.and_then(|before| before.get(key)) {
                Some(base) if same(base, &their.value) && !self.apart => continue,
                None if !self.apart => {
                    let previous =
                        theirs.entries.iter().take(at).rev().find_map(|entry| ours.entry(&entry.key.value));
                    self.insert_entry(previous, their, (our_node, ours), their_node)?;
                    continue;
                }
                _ => {}
            }
            // They changed what we removed, or added what may not stand beside our changes.
            if !block {
                return Err(Contradicts);
            }
            let end = ours.entries.last().map_or(0, |last| self.ours.lines(last).end);
            let lines = self.theirs.slice(self.theirs.lines(their)).to_owned();
            self.edits.conflict(end..end, lines, format!("{place}: `{key}`, which we do not have"));
        }
        Ok(())
    }

    fn entry(
        &mut self,
        before: Option<&Node>,
        our: &Entry,
        their: Option<&Entry>,
        (node, ours): (&Node, &Mapping),
        place: &str,
    ) -> Result<(), Contradicts> {
        let untouched = before.is_some_and(|before| same(before, &our.value));
        if self.apart {
            let agrees = their.is_some_and(|their| same(&our.value, &their.value));
            return if agrees { Ok(()) } else { Err(Contradicts) };
        }
        let Some(their) = their else {
            // Absent in theirs: new in ours, or removed by them.
            return match before {
                None => Ok(()),
                Some(_) if untouched => {
                    let range = self.removal(our, node, ours);
                    self.edits.replace(range, String::new());
                    Ok(())
                }
                Some(_) => Err(Contradicts),
            };
        };
        if before.is_some_and(|before| same(before, &their.value)) || same(&our.value, &their.value) {
            return Ok(());
        }
        if !untouched && self.grain != Grain::Entry {
            return Err(Contradicts);
        }
        match (&our.value.value, &their.value.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                let place = format!("{place}: `{}`", our.key.value);
                let before = before.and_then(Node::as_mapping);
                self.mapping(before, (&our.value, one), (&their.value, two), &place)
            }
            (Value::Sequence(one), Value::Sequence(two))
                if before.is_some_and(|node| node.as_sequence().is_some()) =>
            {
                let before = before.and_then(Node::as_sequence).unwrap_or_default();
                let mark = self.edits.mark();
                let merged = self.sequence(before, (our, one), (their, two), place);
                if merged.is_err() && untouched {
                    self.edits.undo(mark);
                    return self.take_theirs(our, their);
                }
                merged
            }
            _ if untouched => self.take_theirs(our, their),
            _ => Err(Contradicts),
        }
    }

    /// Puts their value in the place of ours.
    fn take_theirs(&mut self, our: &Entry, their: &Entry) -> Result<(), Contradicts> {
        let text = self.theirs.slice(after_key(their));
        let shift = (self.ours.column(start(our)), self.theirs.column(start(their)));
        self.edits.replace(after_key(our), shifted(text, shift));
        Ok(())
    }

    fn sequence(
        &mut self,
        before: &[Node],
        (our, ours): (&Entry, &[Node]),
        (their, theirs): (&Entry, &[Node]),
        place: &str,
    ) -> Result<(), Contradicts> {
        let (Some(old), Some(one), Some(two)) = (names(before), names(ours), names(theirs)) else {
            return self.by_place(before, ours, theirs, place);
        };
        let mut removed = Vec::new();
        for (item, name) in ours.iter().zip(&one) {
            let base = old.iter().position(|other| other == name).and_then(|at| before.get(at));
            let other = two.iter().position(|other| other == name).and_then(|at| theirs.get(at));
            match (base, other) {
                (Some(base), None) if same(base, item) => removed.push(item),
                (Some(_), None) => return Err(Contradicts),
                (base, Some(other)) => self.item(base, item, other, place)?,
                (None, None) => {}
            }
        }
        let mut added = Vec::new();
        for (item, name) in theirs.iter().zip(&two) {
            if one.contains(name) {
                continue;
            }
            match old.iter().position(|other| other == name).and_then(|at| before.get(at)) {
                None => added.push(item),
                Some(base) if same(base, item) => {}
                Some(_) => return Err(Contradicts),
            }
        }
        self.change_list((our, ours), their, &removed, &added)
    }

    /// Merges lists whose order counts: only where nothing was added or removed.
    fn by_place(
        &mut self,
        before: &[Node],
        ours: &[Node],
        theirs: &[Node],
        place: &str,
    ) -> Result<(), Contradicts> {
        if before.len() != ours.len() || ours.len() != theirs.len() {
            return Err(Contradicts);
        }
        let mut all = before.iter().zip(ours).zip(theirs);
        all.try_for_each(|((base, our), their)| self.item(Some(base), our, their, place))
    }

    fn item(
        &mut self,
        before: Option<&Node>,
        our: &Node,
        their: &Node,
        place: &str,
    ) -> Result<(), Contradicts> {
        if same(our, their) || before.is_some_and(|before| same(before, their)) {
            return Ok(());
        }
        match (&our.value, &their.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                self.mapping(before.and_then(Node::as_mapping), (our, one), (their, two), place)
            }
            _ => Err(Contradicts),
        }
    }

    /// Takes items out of our list and puts some of theirs in.
    fn change_list(
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
                // Up to the next item, or from the end of the one before.
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

    /// Puts an entry of theirs after the one of ours that it follows there.
    fn insert_entry(
        &mut self,
        previous: Option<&Entry>,
        their: &Entry,
        (node, ours): (&Node, &Mapping),
        their_node: &Node,
    ) -> Result<(), Contradicts> {
        let Some(anchor) = previous.or(ours.entries.first()) else { return Err(Contradicts) };
        if self.ours.is_flow(node) {
            let text = self.theirs.slice(start(their)..offset(their.value.span.end));
            if text.contains('\n') {
                return Err(Contradicts);
            }
            let (at, text) = match previous {
                Some(anchor) => (offset(anchor.value.span.end.max(anchor.key.span.end)), format!(", {text}")),
                None => (start(anchor), format!("{text}, ")),
            };
            self.edits.replace(at..at, text);
            return Ok(());
        }
        let shift = (self.ours.column(start(anchor)), self.theirs.column(start(their)));
        let lines = if self.theirs.is_flow(their_node) {
            let text = self.theirs.slice(start(their)..offset(their.value.span.end));
            format!("{}{text}", " ".repeat(shift.0))
        } else {
            shifted(self.theirs.slice(self.theirs.lines_with_remarks(their)), shift)
        };
        // The first key of a list's item stands behind a dash: nothing can be put before it.
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

    /// Returns what to take out of our text with an entry.
    fn removal(&self, our: &Entry, node: &Node, ours: &Mapping) -> Range<usize> {
        if !self.ours.is_flow(node) {
            return self.ours.lines(our);
        }
        let place = ours.entries.iter().position(|entry| entry.key.span == our.key.span).unwrap_or_default();
        let end = |entry: &Entry| offset(entry.value.span.end.max(entry.key.span.end));
        match (ours.entries.get(place + 1), place.checked_sub(1).and_then(|before| ours.entries.get(before)))
        {
            (Some(next), _) => start(our)..start(next),
            (None, Some(before)) => end(before)..end(our),
            (None, None) => start(our)..end(our),
        }
    }
}

/// One text, and how trees lie in it.
#[derive(Clone, Copy)]
struct Text<'text>(&'text str);

impl<'text> Text<'text> {
    fn slice(self, range: Range<usize>) -> &'text str {
        self.0.get(range).unwrap_or_default()
    }

    fn line_start(self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Returns the end of the line that a place is on, with its line end.
    fn line_end(self, at: usize) -> usize {
        self.0.get(at..).and_then(|rest| rest.find('\n')).map_or(self.0.len(), |newline| at + newline + 1)
    }

    fn column(self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// Returns how far the line that starts here is indented.
    fn indent(self, line: usize) -> usize {
        let line = self.0.get(line..).unwrap_or_default();
        line.len() - line.trim_start_matches(' ').len()
    }

    fn is_flow(self, node: &Node) -> bool {
        self.0.get(offset(node.span.start)..).is_some_and(|rest| rest.starts_with(['[', '{']))
    }

    /// Returns the lines of an entry.
    fn lines(self, entry: &Entry) -> Range<usize> {
        let end = offset(entry.value.span.end.max(entry.key.span.end));
        self.line_start(start(entry))..self.line_end(end)
    }

    /// Returns the lines of an entry with the remarks right above it.
    fn lines_with_remarks(self, entry: &Entry) -> Range<usize> {
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
    fn item_lines(self, item: &Node) -> Range<usize> {
        self.line_start(offset(item.span.start))..self.line_end(offset(item.span.end))
    }

    /// Returns a document with its separator and the remarks above it.
    fn document(self, node: &Node) -> Range<usize> {
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

fn offset(place: u32) -> usize {
    place as usize
}

fn range(node: &Node) -> Range<usize> {
    offset(node.span.start)..offset(node.span.end)
}

fn start(entry: &Entry) -> usize {
    offset(entry.key.span.start)
}

/// Returns the colon and the value of an entry.
fn after_key(entry: &Entry) -> Range<usize> {
    offset(entry.key.span.end)..offset(entry.value.span.end.max(entry.key.span.end))
}

/// Moves every line but an unindented first one from one column to another.
fn shifted(text: &str, (ours, theirs): (usize, usize)) -> String {
    let move_line = |line: &str| match ours.checked_sub(theirs) {
        Some(more) if !line.trim().is_empty() && line.starts_with(' ') => {
            format!("{}{line}", " ".repeat(more))
        }
        Some(more) if !line.trim().is_empty() && theirs == 0 => format!("{}{line}", " ".repeat(more)),
        Some(_) => line.to_owned(),
        None => {
            let spare = line.len() - line.trim_start_matches(' ').len();
            line.get(spare.min(theirs - ours)..).unwrap_or_default().to_owned()
        }
    };
    let mut lines = text.split_inclusive('\n');
    let whole = text.starts_with(' ') || !text.starts_with(':');
    let first = lines.next().map(|first| if whole { move_line(first) } else { first.to_owned() });
    first.into_iter().chain(lines.map(move_line)).collect()
}

fn with_end(text: String) -> String {
    if text.ends_with('\n') { text } else { format!("{text}\n") }
}

/// Returns a document behind a separator.
fn separated(document: &str) -> String {
    let text = with_end(document.to_owned());
    let marked =
        text.lines().next().is_some_and(|first| first.trim_end() == "---" || first.starts_with("--- "));
    if marked { text } else { format!("---\n{text}") }
}
