//! The node of a document -> its kind, and the reader of that kind.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Diagnostic, EntryEdit, Fix, Sink};
use telovix_syntax::field::Record;
use telovix_syntax::{Mapping, Node, Scalar, Tree, Value, certainty, nearest, quote, wrong_type};

use super::codes::{MISSING_KIND, NOT_A_DOCUMENT, UNKNOWN_KIND};
use super::{
    Document, Documents, PolicyPlace, enforcement_rule, guardian_policy, guardian_profile, invariant,
    kubernetes, policy_pack, runtime_guard, tracing_policy,
};

/// A document kind: its name, its fields and its reader.
#[derive(Debug)]
pub struct Kind {
    /// The value of `kind`.
    pub name: &'static str,
    /// The name in file names: `guardian-profile`.
    pub slug: &'static str,
    /// The fields.
    pub record: &'static Record,
    read: fn(&Node, &mut Sink) -> Option<Document>,
}

/// Every document kind, in the order of the design. `TracingPolicyNamespaced` is another name of the last.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "GuardianProfile",
        slug: "guardian-profile",
        record: &guardian_profile::read::RECORD,
        read: |node, sink| guardian_profile::read::read(node, sink).map(Document::GuardianProfile),
    },
    Kind {
        name: "EnforcementRule",
        slug: "enforcement-rule",
        record: &enforcement_rule::read::RECORD,
        read: |node, sink| enforcement_rule::read::read(node, sink).map(Document::EnforcementRule),
    },
    RUNTIME_GUARD,
    Kind {
        name: "GuardianPolicy",
        slug: "guardian-policy",
        record: &guardian_policy::read::RECORD,
        read: |node, sink| guardian_policy::read::read(node, sink).map(Document::GuardianPolicy),
    },
    Kind {
        name: "PolicyPack",
        slug: "policy-pack",
        record: &policy_pack::read::RECORD,
        read: |node, sink| policy_pack::read::read(node, sink).map(Document::PolicyPack),
    },
    Kind {
        name: "Invariant",
        slug: "invariant",
        record: &invariant::read::RECORD,
        read: |node, sink| invariant::read::read(node, sink).map(Document::Invariant),
    },
    Kind {
        name: "TracingPolicy",
        slug: "tracing-policy",
        record: &tracing_policy::read::RECORD,
        read: |node, sink| {
            tracing_policy::read::read(node, PolicyPlace::Document, sink).map(Document::TracingPolicy)
        },
    },
];

const RUNTIME_GUARD: Kind = Kind {
    name: "RuntimeGuard",
    slug: "runtime-guard",
    record: &runtime_guard::read::RECORD,
    read: |node, sink| runtime_guard::read::read(node, sink).map(Document::RuntimeGuard),
};

/// A TracingPolicy that was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPolicy {
    /// The bytes of the whole document, or of the field of a custom rule.
    pub span: Span,
    /// `metadata.name`, if it has one.
    pub name: Option<String>,
}

/// Reads the tree of a document, or each item of a `List`. Nothing is added when an error was reported about it.
pub(super) fn read(tree: &Tree<'_>, into: &mut Documents, sink: &mut Sink) {
    let before = sink.error_count();
    if !may_share(&tree.root) {
        tree.sharing.iter().for_each(|refusal| sink.report(refusal.clone()));
    }
    let flaws = tree.flaws + (sink.error_count() - before);
    if let Some(mapping) = tree.root.as_mapping()
        && kubernetes::is_list(mapping)
    {
        for item in kubernetes::items(mapping, sink) {
            read_node(item, PolicyPlace::Item, flaws, into, sink);
        }
        return;
    }
    read_node(&tree.root, PolicyPlace::Document, flaws, into, sink);
}

fn read_node(node: &Node<'_>, place: PolicyPlace, flaws: usize, into: &mut Documents, sink: &mut Sink) {
    if is_policy(node) {
        return read_policy(node, place, flaws, into, sink);
    }
    if let Some(object) = kubernetes::other(node, names) {
        return into.others.push(object);
    }
    let before = sink.error_count();
    if text_of(node, "kind") == Some("EnforcementRule")
        && let Some(policy) = node.as_mapping().and_then(|rule| rule.get("policy"))
        && is_policy(policy)
    {
        into.tracing_policies.push(found(policy));
    }
    let document = match &node.value {
        Value::Mapping(mapping) => kind_of(node, mapping, sink)
            .filter(|kind| !kubernetes::is_wrapped(mapping, kind.record, sink))
            .and_then(|kind| (kind.read)(node, sink)),
        Value::Unreadable => None,
        Value::Scalar { .. } | Value::Sequence(_) => {
            let message = "expected a document, a mapping with the key `kind`";
            let diagnostic = Diagnostic::new(&NOT_A_DOCUMENT, node.head(), message);
            sink.report(diagnostic.help("several documents in one file are separated by `---`"));
            None
        }
    };
    into.documents.extend(document.filter(|_| flaws == 0 && sink.error_count() == before));
}

fn read_policy(node: &Node, place: PolicyPlace, flaws: usize, documents: &mut Documents, sink: &mut Sink) {
    documents.tracing_policies.push(found(node));
    let before = sink.error_count();
    let policy = tracing_policy::read::read(node, place, sink).map(Document::TracingPolicy);
    documents.documents.extend(policy.filter(|_| flaws == 0 && sink.error_count() == before));
}

fn found(policy: &Node) -> FoundPolicy {
    let metadata = policy.as_mapping().and_then(|root| root.get("metadata")).and_then(Node::as_mapping);
    let name = metadata.and_then(|metadata| metadata.get("name")).and_then(Node::text);
    FoundPolicy { span: policy.span, name: name.map(str::to_owned) }
}

/// Returns whether a document may have anchors, aliases and merge keys: Tetragon and Kubernetes read them.
pub(super) fn may_share(node: &Node) -> bool {
    is_policy(node) || has_listed_policies(node)
}

fn is_policy(node: &Node) -> bool {
    text_of(node, "kind").is_some_and(|kind| matches!(kind, "TracingPolicy" | "TracingPolicyNamespaced"))
}

/// Returns whether a document is a Kubernetes `List` with a TracingPolicy in it.
fn has_listed_policies(node: &Node) -> bool {
    let Some(mapping) = node.as_mapping().filter(|mapping| kubernetes::is_list(mapping)) else {
        return false;
    };
    let items = mapping.get("items").and_then(Node::as_sequence);
    items.is_some_and(|items| items.iter().any(is_policy))
}

fn text_of<'node>(node: &'node Node<'node>, key: &str) -> Option<&'node str> {
    node.as_mapping()?.get(key)?.text()
}

fn kind_of(node: &Node, mapping: &Mapping, sink: &mut Sink) -> Option<&'static Kind> {
    let Some(entry) = mapping.entry("kind") else {
        if mapping.entry("processes").is_some() {
            return Some(&RUNTIME_GUARD);
        }
        let message = "this document has no `kind`";
        let diagnostic = Diagnostic::new(&MISSING_KIND, node.head(), message);
        let best = likely(mapping);
        let add = match best {
            Some(kind) => format!("`kind: {}`", kind.name),
            None => format!("`kind:` with one of {}", quoted(names())),
        };
        let diagnostic = diagnostic.help(format!("add {add}"));
        let beside = mapping.entries.iter().find(|entry| matches!(entry.value.value, Value::Scalar { .. }));
        sink.report(match (best, beside) {
            (Some(kind), Some(entry)) => diagnostic.fix_by(Fix::entries(
                Certainty::Guess,
                vec![EntryEdit::AddKey(entry.value.span, "kind".to_owned(), kind.name.to_owned())],
            )),
            _ => diagnostic,
        });
        return None;
    };
    let Some(Scalar::Text(text)) = entry.value.scalar() else {
        wrong_type(&entry.value, "a document kind", sink);
        return None;
    };
    let known = KINDS.iter().find(|kind| kind.name == text);
    if known.is_some() || text == "TracingPolicyNamespaced" {
        return known.or_else(|| KINDS.last());
    }
    let message = format!("{} is not a document kind", quote(text));
    let diagnostic = Diagnostic::new(&UNKNOWN_KIND, entry.value.span, message);
    sink.report(match nearest(text, names()) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")).fix_by(Fix::value(
            certainty(text, name),
            entry.value.span,
            name,
        )),
        None => diagnostic.help(format!("the kinds are {}", quoted(names()))),
    });
    None
}

/// Returns the kind to which most keys of a mapping belong.
fn likely(mapping: &Mapping) -> Option<&'static Kind> {
    let known = |kind: &Kind| {
        mapping.entries.iter().filter(|entry| kind.record.field(&entry.key.value).is_some()).count()
    };
    KINDS.iter().rev().max_by_key(|kind| known(kind)).filter(|kind| known(kind) > 0)
}

fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name).chain(["TracingPolicyNamespaced"])
}

fn quoted<'word>(words: impl Iterator<Item = &'word str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
