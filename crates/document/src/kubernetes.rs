//! A Kubernetes object -> its items when it is a list, or its kind when it is none of ours.

use std::collections::BTreeSet;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::field::{OtherKeys, Record};
use telovix_syntax::{Mapping, Node, Value, nearest, wrong_type};

use super::codes::{OTHER_OBJECTS, WRAPPED_DOCUMENT};

/// The most kinds that a message names.
const NAMED: usize = 5;

/// The version of Tetragon's objects, and its only kind that is no policy.
const TETRAGON: &str = "cilium.io/v1alpha1";
const POD_INFO: &str = "PodInfo";

/// Returns whether this is a list as `kubectl get -o yaml` writes it.
pub(super) fn is_list(mapping: &Mapping<'_>) -> bool {
    mapping.get("kind").and_then(Node::text) == Some("List")
        && mapping.get("apiVersion").and_then(Node::text) == Some("v1")
}

/// Returns the items of a list; none when there are none.
pub(super) fn items<'node, 'text>(mapping: &'node Mapping<'text>, sink: &mut Sink) -> &'node [Node<'text>] {
    match mapping.get("items").map(|items| (items, &items.value)) {
        Some((_, Value::Sequence(items))) => items,
        Some((_, Value::Unreadable)) | None => &[],
        Some((items, _)) => {
            wrong_type(items, "a list of objects", sink);
            &[]
        }
    }
}

/// Returns the kind of a Kubernetes object that is none of `ours`, and not similar to one.
pub(super) fn other<Names: Iterator<Item = &'static str>>(
    node: &Node<'_>,
    ours: impl Fn() -> Names,
) -> Option<Spanned<String>> {
    let mapping = node.as_mapping()?;
    let kind = mapping.get("kind")?;
    let name = kind.text().filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))?;
    let version = mapping.get("apiVersion").and_then(Node::text);
    let is_object = version.is_some_and(is_version);
    // What has the version of Tetragon's policies is meant as one, whatever its kind.
    let is_ours_by_version = version == Some(TETRAGON) && name != POD_INFO;
    let is_ours = ours().any(|known| known == name) || nearest(name, ours()).is_some();
    // An object of ours may be wrapped in one of a company's own kinds.
    let has_fields = mapping.get("target_binary").or_else(|| mapping.get("processes")).is_some();
    (is_object && !is_ours && !is_ours_by_version && !has_fields)
        .then(|| Spanned::new(name.to_owned(), kind.span))
}

/// Returns whether a text is a version of an API: `v1`, `apps/v1`, `cilium.io/v1alpha1`.
fn is_version(text: &str) -> bool {
    let version = text.rsplit_once('/').map_or(text, |(_, version)| version);
    version.strip_prefix('v').is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

/// Returns whether a document is wrapped as a Kubernetes object, and reports it.
pub(super) fn is_wrapped(mapping: &Mapping<'_>, record: &Record, sink: &mut Sink) -> bool {
    let spec = mapping.entry("spec").filter(|spec| spec.value.as_mapping().is_some());
    let around = mapping.entry("metadata").or_else(|| mapping.entry("apiVersion"));
    let (Some(spec), Some(around)) = (spec, around) else { return false };
    if record.field("spec").is_some() || record.other_keys != OtherKeys::Refused {
        return false;
    }
    let message = format!("{} is not a Kubernetes object", record.noun);
    let wrapped =
        Diagnostic::new(&WRAPPED_DOCUMENT, around.key.span, message).related(spec.key.span, "its fields");
    sink.report(wrapped.help(
        "move the keys below `spec` to the top, next to `kind`, and remove `apiVersion` and `metadata`",
    ));
    true
}

/// Reports all objects that are not read, in one note.
pub(super) fn report(others: &[Spanned<String>], sink: &mut Sink) {
    let Some(first) = others.first() else { return };
    let kinds: BTreeSet<&str> = others.iter().map(|other| other.value.as_str()).collect();
    let named: Vec<_> = kinds.iter().take(NAMED).map(|kind| format!("`{kind}`")).collect();
    let more = kinds.len() - named.len();
    let more = if more > 0 { format!(" and {more} more kinds") } else { String::new() };
    let count = match others.len() {
        1 => "1 Kubernetes object is".to_owned(),
        count => format!("{count} Kubernetes objects are"),
    };
    let message = format!("{count} not read, because only policies are: {}{more}", named.join(", "));
    sink.report(Diagnostic::new(&OTHER_OBJECTS, first.span, message));
}
