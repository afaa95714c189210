//! Patterns of AppArmor -> patterns of documents.
//!
//! `*` matches no `/` and `**` does, `{a,b}` is one of both, `@{name}` the values of a variable.

use std::collections::BTreeMap;

use telovix_policy::value::PathPattern;

/// The most patterns that one becomes.
const MOST: usize = 256;

/// The values of variables.
pub(super) type Variables = BTreeMap<String, Vec<String>>;

/// How a pattern of a document matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// As the original.
    Exact,
    /// With what is in the folders below.
    Wider,
}

/// Expands variables and alternatives. Returns nothing for a variable that the file does not define, and for too many.
pub(super) fn expand(text: &str, variables: &Variables) -> Option<Vec<String>> {
    let (mut open, mut done) = (vec![text.to_owned()], Vec::new());
    // Variables may contain variables: each step replaces one, so a circle ends at the limit.
    let mut steps = 0;
    while let Some(text) = open.pop() {
        steps += 1;
        if steps > 4 * MOST || open.len() + done.len() > MOST || text.len() > 8192 {
            return None;
        }
        let Some(start) = text.find('{') else {
            done.push(text);
            continue;
        };
        let end = closing(&text, start)?;
        let (before, inner, after) = (text.get(..start)?, text.get(start + 1..end)?, text.get(end + 1..)?);
        if let Some(before) = before.strip_suffix('@') {
            let values = variables.get(inner)?;
            open.extend(values.iter().rev().map(|value| format!("{before}{value}{after}")));
        } else {
            let choices = choices(inner);
            open.extend(choices.iter().rev().map(|choice| format!("{before}{choice}{after}")));
        }
    }
    // A value such as `/proc/` in front of `/x`: AppArmor joins slashes.
    Some(done.into_iter().map(|text| joined(&text)).collect())
}

fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '/' || !joined.ends_with('/') {
            joined.push(letter);
        }
    }
    joined
}

fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn choices(inner: &str) -> Vec<&str> {
    let (mut choices, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                choices.extend(inner.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    choices.extend(inner.get(start..));
    choices
}

/// Converts an expanded pattern. Returns nothing for one that a document cannot express: a folder itself, and a pattern with
/// a special character before its end.
pub(super) fn convert(text: &str) -> Option<(String, Fit)> {
    let (stem, fit) = match text.strip_suffix("**") {
        Some(stem) => (stem, Fit::Exact),
        None => match text.strip_suffix('*') {
            Some(stem) => (stem, Fit::Wider),
            None if text.ends_with('/') => return None,
            None => (text, Fit::Exact),
        },
    };
    if stem.contains(['*', '?', '[', ']', '{', '}', '^', '\\', '@']) {
        return None;
    }
    let is_pattern = stem.len() < text.len();
    let written = if is_pattern && !stem.ends_with('/') { format!("{stem}*") } else { stem.to_owned() };
    PathPattern::parse(&written).ok().map(|_| (written, fit))
}
