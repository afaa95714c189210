//! A finding -> where it is: file, document, field and text, without line numbers.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use telovix_diagnostic::source::{SourceId, SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::{Mapping, Node, Value};

use crate::findings::Findings;

/// The most characters of a text in the file.
const SHOWN: usize = 80;

/// The codes that are reported once for a run, at the first of the documents they are about.
const OF_THE_RUN: [&str; 1] = ["engine-denial-race"];

/// The keys that name a document or an item of a list, the most telling one first.
const NAMES: [&str; 5] = ["name", "profile_id", "rule_id", "pack_id", "id"];

/// Where a finding is. Two findings with one place are counted, not told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The file, relative to the root; empty when the finding is about none.
    pub file: String,
    /// The kind and the name of the document.
    pub document: String,
    /// The path of the field.
    pub field: String,
    /// The code.
    pub code: String,
    /// The text, when it is on one line, or the message when the finding is about no file.
    pub text: String,
}

/// Returns the place of each finding, in their order.
pub(super) fn places<'run>(
    findings: &Findings,
    of: impl IntoIterator<Item = &'run Diagnostic>,
) -> Vec<Place> {
    let sources = &findings.sources;
    let mut places = Vec::new();
    let mut by_source: BTreeMap<SourceId, Vec<(Span, usize)>> = BTreeMap::new();
    for finding in of {
        places.push(without_field(findings, finding));
        if let Some(span) = finding.span.filter(|_| !OF_THE_RUN.contains(&finding.code.id)) {
            by_source.entry(span.source).or_default().push((span, places.len() - 1));
        }
    }
    for (id, mut spans) in by_source {
        spans.sort_unstable();
        add_fields(sources, id, &spans, &mut places);
    }
    places
}

fn without_field(findings: &Findings, finding: &Diagnostic) -> Place {
    if OF_THE_RUN.contains(&finding.code.id) {
        return Place { code: finding.code.id.to_owned(), ..Place::default() };
    }
    let (file, text) = match finding.span {
        Some(span) => (findings.sources.name(span), findings.sources.text(span)),
        None => ("", ""),
    };
    let text = match finding.span {
        // A list or a mapping is told by its document and field: any of its entries may change.
        Some(_) if text.trim_end().contains('\n') || text.starts_with(['[', '{', '-']) => String::new(),
        Some(_) => short(text.trim()),
        // Messages name files relative to the current folder.
        None => short(&finding.message.replace(&format!("`{}", findings.shown_below), "`")),
    };
    let (document, field) = (String::new(), String::new());
    Place { file: file.to_owned(), document, field, code: finding.code.id.to_owned(), text }
}

/// Adds document and field of each span of a source, which are in order.
fn add_fields(sources: &SourceSet, id: SourceId, spans: &[(Span, usize)], places: &mut [Place]) {
    let Some(source) = sources.get(id) else { return };
    // What is wrong with the text was reported when it was read.
    let mut discarded = Sink::default();
    telovix_syntax::parse(id, source, &mut discarded, |tree, _| {
        let from = spans.partition_point(|(span, _)| span.start < tree.root.span.start);
        let within = spans.iter().skip(from).take_while(|(span, _)| span.start < tree.root.span.end);
        for (span, index) in within {
            if let Some(place) = places.get_mut(*index) {
                place.document = document(&tree.root);
                place.field = short(&field(&tree.root, span.start));
            }
        }
    });
}

/// Returns `GuardianProfile amf`.
fn document(root: &Node<'_>) -> String {
    let Some(mapping) = root.as_mapping() else { return String::new() };
    let kind = mapping.get("kind").and_then(Node::text).unwrap_or_default();
    short([kind, &name(mapping)].join(" ").trim())
}

fn name(mapping: &Mapping<'_>) -> String {
    let of = |mapping: &Mapping<'_>| {
        NAMES.iter().find_map(|key| mapping.get(key).and_then(Node::text).map(str::to_owned))
    };
    let in_metadata = || mapping.get("metadata").and_then(Node::as_mapping).and_then(of);
    of(mapping).or_else(in_metadata).unwrap_or_default()
}

/// Returns the path of the innermost field that contains an offset. The parser limits the depth of the tree.
fn field(root: &Node<'_>, at: u32) -> String {
    let (mut path, mut node) = (String::new(), root);
    loop {
        match &node.value {
            Value::Mapping(mapping) => {
                let after = mapping.entries.partition_point(|entry| entry.key.span.start <= at);
                let Some(entry) = after.checked_sub(1).and_then(|index| mapping.entries.get(index)) else {
                    return path;
                };
                if at >= entry.value.span.end.max(entry.key.span.end) {
                    return path;
                }
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&entry.key.value);
                node = &entry.value;
                if at < node.span.start {
                    return path;
                }
            }
            Value::Sequence(items) => {
                let after = items.partition_point(|item| item.span.start <= at);
                let Some(item) = after.checked_sub(1).and_then(|index| items.get(index)) else {
                    return path;
                };
                let label = item.as_mapping().map_or_else(String::new, name);
                path.push_str(&format!("[{label}]"));
                node = item;
            }
            Value::Scalar { .. } | Value::Unreadable => return path,
        }
    }
}

/// Returns a text of at most [`SHOWN`] characters without control characters; a longer one is cut and ends with its digest.
fn short(text: &str) -> String {
    let plain: String =
        text.chars().take(SHOWN).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(SHOWN).is_none() {
        return plain;
    }
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{}… {digits}", plain.chars().take(SHOWN - 20).collect::<String>())
}
