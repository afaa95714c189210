//! YAML tree -> YAML with every string quoted; equal trees give equal bytes.

use telovix_syntax::{Node, ScalarStyle, Value};

/// Writes a tree. Keys keep their order. Scalars keep their type: quoted scalars stay strings, plain numbers,
/// booleans and nulls stay plain.
#[must_use]
pub fn write_tree(node: &Node) -> String {
    let mut text = String::new();
    write_node(node, 0, &mut text);
    text
}

fn write_node(node: &Node, depth: usize, text: &mut String) {
    match &node.value {
        Value::Mapping(mapping) if !mapping.entries.is_empty() => {
            for entry in &mapping.entries {
                indent(depth, text);
                write_entry(&entry.key.value, &entry.value, depth, text);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            for item in items {
                indent(depth, text);
                write_item(item, depth, text);
            }
        }
        other => {
            indent(depth, text);
            write_leaf(other, text);
        }
    }
}

fn write_entry(key: &str, value: &Node, depth: usize, text: &mut String) {
    text.push_str(&plain_or_quoted(key));
    text.push(':');
    if is_branch(value) {
        text.push('\n');
        write_node(value, depth + 1, text);
    } else {
        text.push(' ');
        // Other tools search files for the unquoted line `kind: TracingPolicy`.
        match (&value.value, key) {
            (Value::Scalar { text: word, .. }, "kind" | "apiVersion") => {
                text.push_str(&plain_or_quoted(word));
                text.push('\n');
            }
            (leaf, _) => write_leaf(leaf, text),
        }
    }
}

fn write_item(item: &Node, depth: usize, text: &mut String) {
    text.push_str("- ");
    match &item.value {
        Value::Mapping(mapping) if !mapping.entries.is_empty() => {
            for (position, entry) in mapping.entries.iter().enumerate() {
                if position > 0 {
                    indent(depth + 1, text);
                }
                write_entry(&entry.key.value, &entry.value, depth + 1, text);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            text.push('\n');
            write_node(item, depth + 1, text);
        }
        leaf => write_leaf(leaf, text),
    }
}

fn write_leaf(value: &Value, text: &mut String) {
    match value {
        Value::Scalar { text: scalar, style } => {
            let keeps_meaning = *style == ScalarStyle::Plain && is_no_string(scalar);
            if keeps_meaning {
                text.push_str(if scalar.is_empty() { "null" } else { scalar });
            } else {
                text.push_str(&quoted(scalar));
            }
        }
        Value::Mapping(_) => text.push_str("{}"),
        Value::Sequence(_) => text.push_str("[]"),
        Value::Unreadable => text.push_str("null"),
    }
    text.push('\n');
}

fn is_branch(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => !mapping.entries.is_empty(),
        Value::Sequence(items) => !items.is_empty(),
        Value::Scalar { .. } | Value::Unreadable => false,
    }
}

fn is_no_string(scalar: &str) -> bool {
    super::read::is_other_than_text(scalar)
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn plain_or_quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let is_plain = word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.chars().all(plain)
        && !is_no_string(word);
    if is_plain { word.to_owned() } else { quoted(word) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// Returns whether a string needs no escapes in quotes: printable ASCII without a quote and a backslash.
///
/// Nearly every string needs none, so 16 bytes are checked at a time. The last 16 may overlap those before, which
/// is faster than checking the remainder byte by byte.
fn is_plain(text: &str) -> bool {
    let all_plain = |bytes: &[u8]| {
        let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) & (byte != b'"') & (byte != b'\\');
        bytes.iter().fold(true, |all, byte| all & is_plain(*byte))
    };
    let (chunks, rest) = text.as_bytes().as_chunks::<16>();
    match text.as_bytes().last_chunk::<16>() {
        Some(last) => chunks.iter().chain([last]).all(|chunk| all_plain(chunk)),
        None => all_plain(rest),
    }
}

/// Appends a string in quotes that YAML and JSON read in the same way.
pub fn push_quoted(target: &mut String, text: &str) {
    target.push('"');
    if is_plain(text) {
        target.push_str(text);
        target.push('"');
        return;
    }
    for letter in text.chars() {
        match letter {
            '"' => target.push_str("\\\""),
            '\\' => target.push_str("\\\\"),
            '\n' => target.push_str("\\n"),
            '\r' => target.push_str("\\r"),
            '\t' => target.push_str("\\t"),
            control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                target.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => target.push(other),
        }
    }
    target.push('"');
}
