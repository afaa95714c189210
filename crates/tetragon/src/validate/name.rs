//! Names, labels and annotations by the rules of Kubernetes (`apimachinery`, `ValidateObjectMeta`).

use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_syntax::quote;

use crate::codes::NAME;
use crate::{Metadata, PolicyKind, Text};

const SUBDOMAIN_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;
const ANNOTATION_BYTES: usize = 256 * 1024;

/// Returns whether a string is an RFC 1123 subdomain, as `metadata.name` must be.
#[must_use]
pub fn is_policy_name(text: &str) -> bool {
    text.len() <= SUBDOMAIN_BYTES && text.split('.').all(is_dns_label)
}

/// Returns whether a string is a valid label value.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified_part(text)
}

/// Reports names that Tetragon rejects.
pub(super) fn check(metadata: &Metadata, kind: PolicyKind, sink: &mut Sink) {
    let name = &metadata.name;
    if !is_policy_name(&name.value) {
        let message = format!("{} is not an RFC 1123 name", quote(&name.value));
        let help = "use lower-case letters, digits, `-` and `.`; start and end with a letter or digit; at most 253 bytes";
        let found = Diagnostic::new(&NAME, name.span, message).help(help);
        let near = name.value.to_ascii_lowercase().replace(['_', ' '], "-");
        let near = near.trim_matches(|edge: char| !edge.is_ascii_alphanumeric());
        sink.report(if is_policy_name(near) {
            found.fix_by(Fix::value(Certainty::Guess, name.span, near))
        } else {
            found
        });
    }
    check_namespace(metadata, kind, sink);
    for (key, value) in &metadata.labels {
        check_key(key, sink);
        if !is_label_value(&value.value) {
            let message = format!("{} is not a valid label value", quote(&value.value));
            sink.report(Diagnostic::new(&NAME, value.span, message));
        }
    }
    for (key, _) in &metadata.annotations {
        check_key(key, sink);
    }
    let annotations = metadata.annotations.iter();
    if annotations.map(|(key, value)| key.value.len() + value.value.len()).sum::<usize>() > ANNOTATION_BYTES {
        sink.report(Diagnostic::new(&NAME, metadata.span, "the annotations exceed 256 KiB"));
    }
}

fn check_namespace(metadata: &Metadata, kind: PolicyKind, sink: &mut Sink) {
    let namespace = metadata.namespace.as_ref().filter(|namespace| !namespace.value.is_empty());
    let (span, message) = match (kind, namespace) {
        (PolicyKind::Cluster, Some(namespace)) => {
            (namespace.span, "a `TracingPolicy` cannot have a namespace".to_owned())
        }
        (PolicyKind::Namespaced, None) => {
            (metadata.span, "a `TracingPolicyNamespaced` requires `metadata.namespace`".to_owned())
        }
        (PolicyKind::Namespaced, Some(namespace)) if !is_dns_label(&namespace.value) => {
            (namespace.span, format!("{} is not an RFC 1123 label", quote(&namespace.value)))
        }
        _ => return,
    };
    sink.report(Diagnostic::new(&NAME, span, message));
}

fn check_key(key: &Text<'_>, sink: &mut Sink) {
    let (prefix, name) = match key.value.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key.value.as_ref()),
    };
    if prefix.is_some_and(|prefix| !is_policy_name(prefix)) || !is_qualified_part(name) {
        let message = format!("{} is not a valid label or annotation key", quote(&key.value));
        sink.report(Diagnostic::new(&NAME, key.span, message));
    }
}

fn is_dns_label(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty()
        && text.len() <= LABEL_BYTES.max(SUBDOMAIN_BYTES)
        && text.bytes().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_qualified_part(text: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= LABEL_BYTES
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}
