//! The fields of each document -> the order of the table of its kind, each with the comments right above it.

use std::ops::Range;

use super::{FieldOrder, Parsed};
use crate::{Node, Value};

/// Returns the text with the fields of its documents in order.
pub(super) fn sort(text: &str, parsed: &Parsed, order: FieldOrder) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (number, tree) in parsed.trees.iter().enumerate() {
        let next = parsed.trees.get(number + 1).map(|tree| line_of(text, tree.root.span.start));
        let Some(fields) = fields(text, &lines, &tree.root, next.unwrap_or(lines.len()), order) else {
            continue;
        };
        let (Some(first), Some(last)) = (fields.first(), fields.last()) else { continue };
        let (start, end) = (first.lines.start, last.lines.end);
        out.extend(lines.get(done..start).into_iter().flatten().copied());
        let mut sorted: Vec<&Field> = fields.iter().collect();
        sorted.sort_by_key(|field| field.rank);
        for (place, field) in sorted.into_iter().enumerate() {
            let own = lines.get(field.lines.clone()).unwrap_or_default();
            // A document does not start with a blank line.
            let skipped =
                if place == 0 { own.iter().take_while(|line| line.trim().is_empty()).count() } else { 0 };
            out.extend(own.iter().skip(skipped).copied());
        }
        done = end;
    }
    out.extend(lines.get(done..).into_iter().flatten().copied());
    out
}

/// A field and its lines: blank ones and comments above it, itself, and what is indented deeper below it.
struct Field {
    rank: usize,
    lines: Range<usize>,
}

/// Returns the fields of a document that has an order and is not in it.
fn fields(text: &str, lines: &[&str], root: &Node, end: usize, order: FieldOrder) -> Option<Vec<Field>> {
    let Value::Mapping(mapping) = &root.value else { return None };
    let record = order(mapping)?;
    let known = |key: &str| record.fields.iter().position(|field| field.name == key);
    let ranks: Vec<usize> =
        mapping.entries.iter().map(|entry| known(&entry.key.value).unwrap_or(usize::MAX)).collect();
    let block = text.as_bytes().get(root.span.start as usize) != Some(&b'{');
    if ranks.is_sorted() || !block {
        return None;
    }
    let keys: Vec<usize> = mapping.entries.iter().map(|entry| line_of(text, entry.key.span.start)).collect();
    let last = mapping.entries.last()?;
    let last = line_of(text, last.key.span.to(last.value.span).end.saturating_sub(1));
    let below = lines.get(last + 1..end).unwrap_or_default();
    let below = below.iter().take_while(|line| line.starts_with(' ')).count();
    let mut fields = Vec::with_capacity(keys.len());
    for (number, (key, rank)) in keys.iter().zip(ranks).enumerate() {
        let start = if number == 0 { *key } else { with_comments(lines, *key) };
        fields.push(Field { rank, lines: start..0 });
    }
    let ends: Vec<usize> =
        fields.iter().skip(1).map(|field| field.lines.start).chain([last + 1 + below]).collect();
    for (field, end) in fields.iter_mut().zip(ends) {
        field.lines.end = end;
    }
    Some(fields)
}

/// Moves up from a key over the comments right above it, and the blank lines above those.
fn with_comments(lines: &[&str], key: usize) -> usize {
    let above = |from: usize, fits: fn(&str) -> bool| {
        let before = lines.get(..from).unwrap_or_default();
        from - before.iter().rev().take_while(|line| fits(line)).count()
    };
    let comments = above(key, |line| line.starts_with('#'));
    above(comments, |line| line.trim().is_empty())
}

fn line_of(text: &str, offset: u32) -> usize {
    let before = text.as_bytes().get(..offset as usize).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count()
}
