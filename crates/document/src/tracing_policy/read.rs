//! A mapping with a Tetragon policy -> [`TracingPolicyDocument`], which keeps the tree.

use std::sync::Arc;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::Spanned;
use telovix_policy::value::Waiver;
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node, Value, limits, warn_of_yaml_1_1};

use super::{Actions, PolicyPlace, TracingPolicyDocument};
use crate::controls;
use crate::shape::{WORD, kind, required};

const NAME: Field = required("name", WORD, "The name under which Tetragon loads the policy.");

static METADATA: Record = Record {
    noun: "the metadata of a TracingPolicy",
    description: "Kubernetes object metadata.",
    fields: &[NAME],
    other_keys: OtherKeys::Kept,
};

const METADATA_FIELD: Field = required("metadata", Shape::Record(&METADATA), "Kubernetes object metadata.");

/// The field that identifies a Tetragon policy.
pub(crate) const KIND: Field = kind(&[
    Choice { word: "TracingPolicy", description: "A policy for every process of a node." },
    Choice { word: "TracingPolicyNamespaced", description: "A policy for the pods of one namespace." },
]);

/// The fields that are read here; the Tetragon crate reads the others.
pub(crate) static RECORD: Record = Record {
    noun: "a TracingPolicy",
    description: "A policy of Tetragon, checked and passed through.",
    fields: &[KIND, METADATA_FIELD],
    other_keys: OtherKeys::Kept,
};

/// Reads the envelope and keeps the tree. Other keys are not checked here.
pub(crate) fn read(node: &Node, place: PolicyPlace, sink: &mut Sink) -> Option<TracingPolicyDocument> {
    warn_below(node, sink);
    let cursor = Cursor::open(node, &RECORD, sink)?;
    cursor.choice(&KIND, &["TracingPolicy", "TracingPolicyNamespaced"], |word| word, sink);
    let metadata = Cursor::open(cursor.value(&METADATA_FIELD)?, &METADATA, sink)?;
    let name = metadata.text(&NAME, sink)?;
    Some(TracingPolicyDocument {
        span: node.span,
        name,
        namespace: namespace(cursor.value(&METADATA_FIELD)?),
        place,
        actions: Actions::of(node),
        waive: waivers(cursor.value(&METADATA_FIELD)?),
        compliance_tags: controls::annotated(cursor.value(&METADATA_FIELD)?),
        node: node.detached(),
    })
}

fn namespace(metadata: &Node) -> Option<String> {
    let namespace = metadata.as_mapping()?.get("namespace")?.text()?;
    (!namespace.is_empty()).then(|| namespace.to_owned())
}

/// The prefix of an annotation that accepts a weakening; the rest of its key is the code, its value the reason.
const WAIVE: &str = "telovix.io/waive-";

/// Reads the waivers among the annotations: Kubernetes and Tetragon refuse unknown keys elsewhere.
fn waivers(metadata: &Node) -> Arc<[Waiver]> {
    let annotations = metadata.as_mapping().and_then(|metadata| metadata.get("annotations"));
    let entries = annotations.and_then(Node::as_mapping).map_or(&[][..], |annotations| &annotations.entries);
    let waivers = entries.iter().filter_map(|entry| {
        let name = entry.key.value.strip_prefix(WAIVE)?;
        // Without a reason nothing is accepted: the weakening is then reported.
        let reason = entry.value.text().filter(|reason| !reason.trim().is_empty())?;
        Some(Waiver {
            span: entry.key.span.to(entry.value.span),
            name: Spanned::new(name.to_owned(), entry.key.span),
            reason: Spanned::new(reason.to_owned(), entry.value.span),
        })
    });
    waivers.collect()
}

/// Warns of every scalar that Tetragon, which reads YAML 1.1, reads differently.
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
