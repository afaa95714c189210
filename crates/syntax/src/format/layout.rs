//! Lines and the nodes that start on them -> the column at which each line starts.

mod lines;
mod spaces;

use std::ops::Range;

use telovix_diagnostic::source::Span;

use lines::Lines;

use super::Parsed;
use crate::{CommentPlace, Node, ScalarStyle, Value, yaml11};

/// Indentation of a block in columns.
const STEP: usize = 2;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// It is blank.
    Blank,
    /// It has a comment only.
    Comment,
    /// A key, a dash or a value starts on it; it moves to this column.
    At { column: usize },
    /// It continues what started before, and moves with that.
    Moved { by: isize },
    /// It separates documents.
    Kept,
}

/// A text, line by line, with what becomes of each.
pub(super) struct Layout<'text> {
    lines: Lines<'text>,
    plans: Vec<Option<Plan>>,
    /// Lines whose last bytes belong to a value.
    ends_in_value: Vec<bool>,
    /// The replacement of these bytes.
    edits: Vec<(Range<usize>, String)>,
    /// Whether this part is for Tetragon, which reads YAML 1.1: there `on` is a boolean, as intended.
    for_engine: bool,
}

impl<'text> Layout<'text> {
    /// Finds the place of every line; `None` when a document cannot be formatted.
    pub(super) fn of(text: &'text str, parsed: &Parsed) -> Option<Self> {
        let lines = Lines::of(text);
        let count = lines.count();
        let mut layout = Self {
            lines,
            plans: vec![None; count],
            ends_in_value: vec![false; count],
            edits: Vec::new(),
            for_engine: false,
        };
        for tree in &parsed.trees {
            layout.root(&tree.root)?;
        }
        for comment in parsed.comments.iter().filter(|comment| comment.place == CommentPlace::OwnLine) {
            let line = layout.lines.line_of(comment.span.start as usize);
            layout.plan_if_free(line, Plan::Comment);
        }
        for line in 0..count {
            let blank = layout.lines.text_of(line).trim().is_empty();
            layout.plan_if_free(line, if blank { Plan::Blank } else { Plan::Kept });
        }
        layout.edits.sort_by_key(|(range, _)| range.start);
        Some(layout)
    }

    fn root(&mut self, node: &Node) -> Option<()> {
        let kind = node.as_mapping().and_then(|mapping| mapping.get("kind")).and_then(Node::text);
        self.for_engine = kind.is_none_or(|kind| kind.starts_with("TracingPolicy"))
            && node.as_mapping().is_none_or(|mapping| mapping.get("processes").is_none());
        let line = self.lines.line_of(node.span.start as usize);
        if self.is_block(node) {
            // `--- a: b` is not a separate line.
            return if self.lines.begins_line(node.span.start as usize) { self.block(node, 0) } else { None };
        }
        self.quote(node);
        self.plan_if_free(line, Plan::Kept);
        self.go_on(node, 0)
    }

    /// Lays out a mapping or list in block style at a column.
    fn block(&mut self, node: &Node, column: usize) -> Option<()> {
        match &node.value {
            Value::Mapping(mapping) => {
                for (number, entry) in mapping.entries.iter().enumerate() {
                    let start = entry.key.span.start as usize;
                    let line = self.lines.line_of(start);
                    if self.lines.begins_line(start) {
                        self.plan(line, Plan::At { column })?;
                    } else if number > 0 || !self.lines.follows_dash(start) {
                        return None;
                    }
                    self.quote_key(entry.key.span, &entry.key.value);
                    let old = start.checked_sub(self.lines.start_of(line)?)?;
                    let around = self.for_engine;
                    self.for_engine |= column == 0 && entry.key.value == "policy";
                    self.value(&entry.value, entry.key.span.end as usize, column, difference(column, old))?;
                    self.for_engine = around;
                }
                Some(())
            }
            Value::Sequence(items) => self.list(items, node.span.start as usize, column),
            Value::Scalar { .. } | Value::Unreadable => None,
        }
    }

    /// Lays out what follows a key or a dash, in a block at `column` that moves `by`.
    fn value(&mut self, node: &Node, after: usize, column: usize, by: isize) -> Option<()> {
        let line = self.lines.line_of(after);
        if let Some(header) = self.header(node, after) {
            return self.text_block(node, line, header, column, by);
        }
        if node.span.start == node.span.end {
            return Some(());
        }
        let start = node.span.start as usize;
        let own = self.lines.line_of(start);
        if let Value::Sequence(items) = &node.value
            && self.is_block(node)
        {
            // The span of a list that is no deeper than its key starts after the dash.
            let first = self.lines.next_line_in_use(line)?;
            let dash = self.lines.start_of(first)? + self.lines.column_of(first);
            // Tetragon's documents have lists no deeper than their key, and may keep them.
            let is_level = self.lines.column_of(first) == column.saturating_add_signed(-by);
            let step = if self.for_engine && is_level { 0 } else { STEP };
            return self.list(items, dash, column + step);
        }
        if self.is_block(node) {
            return if own > line && self.lines.begins_line(start) {
                self.block(node, column + STEP)
            } else {
                None
            };
        }
        self.quote(node);
        if own == line {
            self.after_colon(after, start);
            self.in_brackets(node);
            return self.go_on(node, by);
        }
        if !self.lines.begins_line(start) {
            return None;
        }
        let by = difference(column + STEP, self.lines.column_of(own));
        self.plan(own, Plan::At { column: column + STEP })?;
        self.go_on(node, by)
    }

    /// Lays out a list in block style whose first dash is known.
    fn list(&mut self, items: &[Node], mut dash: usize, column: usize) -> Option<()> {
        let old = dash.checked_sub(self.lines.start_of(self.lines.line_of(dash))?)?;
        let mut last = self.lines.line_of(dash);
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                let line = self.lines.next_line_in_use(last)?;
                dash = self.lines.start_of(line)? + old;
                if self.lines.column_of(line) != old {
                    return None;
                }
            }
            if self.lines.text.as_bytes().get(dash) != Some(&b'-') {
                return None;
            }
            let line = self.lines.line_of(dash);
            if self.lines.begins_line(dash) {
                self.plan(line, Plan::At { column })?;
            } else if number > 0 || !self.lines.follows_dash(dash) {
                return None;
            }
            last = line;
            if item.span.start == item.span.end && self.header(item, dash).is_none() {
                continue;
            }
            let start = item.span.start as usize;
            if self.lines.line_of(start) == line && self.header(item, dash).is_none() {
                let gap = dash + 1..start;
                if !self.lines.text.get(gap.clone())?.bytes().all(|byte| byte == b' ') {
                    return None;
                }
                self.edits.push((gap, " ".to_owned()));
                if self.is_block(item) {
                    self.block(item, column + STEP)?;
                } else {
                    self.quote(item);
                    self.in_brackets(item);
                    self.go_on(item, difference(column, old))?;
                }
            } else {
                self.value(item, dash, column, difference(column, old))?;
            }
            last = last.max(self.lines.line_of((item.span.end as usize).checked_sub(1)?));
        }
        Some(())
    }

    /// Finds the `|` or `>` of a text block. The span of its node is that of its content.
    fn header(&self, node: &Node, after: usize) -> Option<usize> {
        let Value::Scalar { style: ScalarStyle::Quoted, .. } = &node.value else { return None };
        let mut at = after + 1;
        loop {
            let rest = self.lines.text.get(at..)?;
            let next = rest.trim_start_matches([' ', '\n', ':']);
            at += rest.len() - next.len();
            match next.bytes().next()? {
                b'#' => at += next.find('\n')?,
                b'|' | b'>' => return Some(at),
                _ => return None,
            }
        }
    }

    /// Moves a block of text as the key or dash before it moves, so that it stays as deep.
    fn text_block(
        &mut self,
        node: &Node,
        line: usize,
        header: usize,
        column: usize,
        by: isize,
    ) -> Option<()> {
        let first = self.lines.line_of(header);
        if first > line {
            self.plan(first, Plan::At { column: column + STEP })?;
        }
        let end = (node.span.end as usize).max(header + 1);
        let last = self.lines.line_of(end.checked_sub(1)?).max(first);
        // Blank lines at the end belong to the text, if it says so.
        let header = self.lines.text.get(header..)?.split(['\n', '#']).next()?;
        let blank = |line: &usize| header.contains('+') && self.lines.text_of(*line).trim().is_empty();
        let last = (last + 1..self.plans.len()).take_while(blank).last().unwrap_or(last);
        for line in first + 1..=last {
            self.plan(line, Plan::Moved { by })?;
            *self.ends_in_value.get_mut(line)? = true;
        }
        Some(())
    }

    /// Moves the further lines of a value that is neither in block style nor a block of text.
    fn go_on(&mut self, node: &Node, by: isize) -> Option<()> {
        let first = self.lines.line_of(node.span.start as usize);
        let last = self.lines.line_of((node.span.end as usize).checked_sub(1)?.max(node.span.start as usize));
        for line in first + 1..=last {
            self.plan(line, Plan::Moved { by })?;
            // Spaces at a line's end may be part of quoted text that continues.
            *self.ends_in_value.get_mut(line - 1)? = true;
        }
        Some(())
    }

    /// Quotes text that YAML 1.1 does not read as text.
    fn quote(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar { text, style: ScalarStyle::Plain } if self.is_trap(node.span, text) => {
                let quoted = format!("\"{text}\"");
                self.edits.push((range(node.span), quoted));
            }
            Value::Sequence(items) => items.iter().for_each(|item| self.quote(item)),
            Value::Mapping(mapping) => mapping.entries.iter().for_each(|entry| {
                self.quote_key(entry.key.span, &entry.key.value);
                self.quote(&entry.value);
            }),
            Value::Scalar { .. } | Value::Unreadable => {}
        }
    }

    fn quote_key(&mut self, span: Span, text: &str) {
        if self.is_trap(span, text) {
            self.edits.push((range(span), format!("\"{text}\"")));
        }
    }

    fn is_trap(&self, span: Span, text: &str) -> bool {
        let is_text = !self.for_engine && matches!(crate::resolve(text), crate::Scalar::Text(_));
        is_text && yaml11::surprise(text).is_some() && self.lines.text.get(range(span)) == Some(text)
    }

    /// Returns the text with every line at its place.
    pub(super) fn write(&self) -> String {
        let mut out = String::with_capacity(self.lines.text.len() + self.lines.text.len() / 8);
        let mut blank = 0;
        let mut edits = self.edits.iter().peekable();
        for (line, plan) in self.plans.iter().enumerate() {
            let plan = plan.unwrap_or(Plan::Kept);
            if plan == Plan::Blank {
                blank += 1;
                continue;
            }
            if blank > 0 && !out.is_empty() {
                out.push('\n');
            }
            blank = 0;
            let start = self.lines.start_of(line).expect("each plan is for a line of the text");
            let indent = self.lines.column_of(line);
            let column = match plan {
                Plan::At { column } => column,
                Plan::Moved { by } if self.lines.text_of(line).is_empty() || by == 0 => indent,
                Plan::Moved { by } => indent.saturating_add_signed(by),
                Plan::Comment => self.column_of_comment(line),
                Plan::Blank | Plan::Kept => indent,
            };
            out.extend(std::iter::repeat_n(' ', column));
            let mut seen = start + indent;
            let end = start + self.lines.text_of(line).len();
            while let Some((range, instead)) = edits.next_if(|(range, _)| range.end <= end) {
                out.push_str(self.lines.text.get(seen..range.start).unwrap_or_default());
                out.push_str(instead);
                seen = range.end;
            }
            out.push_str(self.lines.text.get(seen..end).unwrap_or_default());
            if !self.ends_in_value.get(line).copied().unwrap_or_default() {
                out.truncate(out.trim_end_matches([' ', '\t']).len());
            }
            out.push('\n');
        }
        out
    }

    /// A comment moves with what is below it, or with the block before it that contains it.
    fn column_of_comment(&self, line: usize) -> usize {
        let own = self.lines.column_of(line);
        let placed = |other: usize| match self.plans.get(other).copied().flatten() {
            Some(Plan::At { column }) => Some((self.lines.column_of(other), column)),
            _ => None,
        };
        let is_mark = |other: &usize| self.plans.get(*other).copied().flatten() == Some(Plan::Kept);
        let below = (line + 1..self.plans.len()).take_while(|other| !is_mark(other)).find_map(placed);
        if let Some((old, new)) = below
            && old >= own
        {
            return new;
        }
        let above = (0..line).rev().take_while(|other| !is_mark(other)).filter_map(placed);
        above
            .filter(|(old, _)| *old <= own)
            .map(|(old, new)| (new + own).saturating_sub(old))
            .next()
            .unwrap_or(own)
    }

    /// Gives a line its plan. Two plans for one line mean that it cannot be formatted.
    fn plan(&mut self, line: usize, plan: Plan) -> Option<()> {
        let slot = self.plans.get_mut(line)?;
        match slot {
            Some(other) if *other != plan => None,
            _ => {
                *slot = Some(plan);
                Some(())
            }
        }
    }

    fn plan_if_free(&mut self, line: usize, plan: Plan) {
        if let Some(slot @ None) = self.plans.get_mut(line) {
            *slot = Some(plan);
        }
    }

    fn is_block(&self, node: &Node) -> bool {
        let first = self.lines.text.as_bytes().get(node.span.start as usize);
        match &node.value {
            Value::Mapping(mapping) => first != Some(&b'{') && !mapping.entries.is_empty(),
            Value::Sequence(_) => first != Some(&b'['),
            Value::Scalar { .. } | Value::Unreadable => false,
        }
    }
}

fn difference(new: usize, old: usize) -> isize {
    new.cast_signed().saturating_sub(old.cast_signed())
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
