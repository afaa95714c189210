//! A mapping with the engine's own document -> [`TracingPolicyDocument`], which keeps the tree.

use telovix_diagnostic::Sink;
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node, Value, limits, warn_of_yaml_1_1};

use super::TracingPolicyDocument;
use crate::shape::{LINE, kind, required};

const NAME: Field = required("name", LINE, "The name under which the engine loads the policy.");

static METADATA: Record = Record {
    noun: "the metadata of a TracingPolicy",
    description: "Kubernetes object metadata.",
    fields: &[NAME],
    other_keys: OtherKeys::Kept,
};

const METADATA_FIELD: Field = required("metadata", Shape::Record(&METADATA), "Kubernetes object metadata.");

/// The field that says that a mapping is the engine's own document.
pub(crate) const KIND: Field = kind(&[
    Choice { word: "TracingPolicy", description: "A policy for every process of a node." },
    Choice { word: "TracingPolicyNamespaced", description: "A policy for the pods of one namespace." },
]);

/// The fields that are read here; `tracing_policy` reads the others.
pub(crate) static RECORD: Record = Record {
    noun: "a TracingPolicy",
    description: "The engine's own document, checked and passed through.",
    fields: &[KIND, METADATA_FIELD],
    other_keys: OtherKeys::Kept,
};

/// Reads the envelope and keeps the tree. Keys that are not read here are not judged here.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<TracingPolicyDocument> {
    warn_below(node, sink);
    let cursor = Cursor::open(node, &RECORD, sink)?;
    cursor.choice(&KIND, &["TracingPolicy", "TracingPolicyNamespaced"], |word| word, sink);
    let metadata = Cursor::open(cursor.value(&METADATA_FIELD)?, &METADATA, sink)?;
    let name = metadata.text(&NAME, sink)?;
    Some(TracingPolicyDocument { span: node.span, name, node: node.detached() })
}

/// Warns of every scalar that the engine, which reads YAML 1.1, takes for something else.
fn warn_below(root: &Node, sink: &mut Sink) {
    let most = sink.count() + limits::LIST_FINDINGS;
    let mut pending = vec![root];
    while let Some(node) = pending.pop().filter(|_| sink.count() < most) {
        match &node.value {
            Value::Scalar { .. } => warn_of_yaml_1_1(node, sink),
            Value::Sequence(items) => pending.extend(items),
            Value::Mapping(mapping) => pending.extend(mapping.entries.iter().map(|entry| &entry.value)),
            Value::Unreadable => {}
        }
    }
}
