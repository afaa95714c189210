//! YAML tree -> kind, metadata, and the parts of `spec` other than hooks.

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::{Entry, Node, Value, quote};

use super::fields::{Fields, wrong_type};
use super::filter::read_selector;
use super::hook::{read_fentry, read_kprobe, read_lsm, read_tracepoint, read_uprobe, read_usdt};
use super::scalar::{EngineScalar, resolve};
use crate::codes::{NAME, SCHEMA};
use crate::{
    Enforcer, LabelSelector, Metadata, NamedList, PolicyKind, PolicyOption, Spec, Text, TracingPolicy,
};

const ROOT: &[&str] = &["apiVersion", "kind", "metadata", "spec"];
const METADATA: &[&str] = &[
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
const SPEC: &[&str] = &[
    "containerSelector",
    "enforcers",
    "fentries",
    "hostSelector",
    "kprobes",
    "lists",
    "loader",
    "lsmhooks",
    "nodeSelector",
    "options",
    "podSelector",
    "selectorsMacros",
    "tracepoints",
    "uprobes",
    "usdts",
];

/// Reads a Tetragon policy. Reports every mistake; returns `None` if too little is left to check.
pub fn read(node: &Node, sink: &mut Sink) -> Option<TracingPolicy<'static>> {
    let fields = Fields::open(node, "a Tetragon policy", ROOT, sink)?;
    let kind = read_kind(&fields, sink);
    let metadata = match fields.node("metadata") {
        Some(node) => read_metadata(node, sink),
        None => {
            fields.report_missing("metadata", sink);
            None
        }
    };
    let spec = match fields.node("spec") {
        Some(node) => read_spec(node, sink),
        None => {
            fields.report_missing("spec", sink);
            None
        }
    };
    let api_version = fields.text("apiVersion", sink);
    Some(TracingPolicy { span: node.span, api_version, kind: kind?, metadata: metadata?, spec: spec? })
}

fn read_kind(fields: &Fields<'_>, sink: &mut Sink) -> Option<PolicyKind> {
    let kind = fields.required_text("kind", sink)?;
    let found =
        [PolicyKind::Cluster, PolicyKind::Namespaced].into_iter().find(|known| known.name() == kind.value);
    if found.is_none() {
        let message = format!("{} is not a policy kind of Tetragon", quote(&kind.value));
        let help = "write `TracingPolicy` or `TracingPolicyNamespaced`";
        sink.report(Diagnostic::new(&SCHEMA, kind.span, message).help(help));
    }
    found
}

fn read_metadata(node: &Node, sink: &mut Sink) -> Option<Metadata<'static>> {
    let fields = Fields::open(node, "metadata", METADATA, sink)?;
    let pairs = |field: &str, sink: &mut Sink| {
        let entries = fields.entries(field, sink).iter();
        entries.filter_map(|entry| Some((key(entry), coerced(&entry.value, sink)?))).collect()
    };
    let labels = pairs("labels", sink);
    let annotations = pairs("annotations", sink);
    if let Some(generation) = fields.node("generation")
        && !matches!(resolve(generation), Some(EngineScalar::Integer(0..) | EngineScalar::Null))
    {
        sink.report(Diagnostic::new(&NAME, generation.span, "`generation` is not a non-negative integer"));
    }
    let namespace = fields.node("namespace").and_then(|node| coerced(node, sink));
    let Some(name) = fields.node("name") else {
        fields.report_missing("name", sink);
        return None;
    };
    let name = coerced(name, sink)?;
    Some(Metadata { span: node.span, name, namespace, labels, annotations })
}

fn key(entry: &Entry) -> Text<'static> {
    entry.key.clone().map(|key| Cow::Owned(key.into_owned()))
}

/// Reads a string of metadata, where Tetragon reads an unquoted number as its digits.
fn coerced(node: &Node, sink: &mut Sink) -> Option<Text<'static>> {
    match (&node.value, resolve(node)) {
        (Value::Scalar { text, .. }, Some(EngineScalar::Text(_) | EngineScalar::Integer(_))) => {
            Some(Spanned::new(Cow::Owned(text.clone().into_owned()), node.span))
        }
        _ => {
            wrong_type(node, "a string", sink);
            None
        }
    }
}

fn read_spec(node: &Node, sink: &mut Sink) -> Option<Spec<'static>> {
    let fields = Fields::open(node, "a spec", SPEC, sink)?;
    let mut hooks = fields.list("kprobes", sink, read_kprobe);
    hooks.extend(fields.list("fentries", sink, read_fentry));
    hooks.extend(fields.list("tracepoints", sink, read_tracepoint));
    hooks.extend(fields.list("lsmhooks", sink, read_lsm));
    hooks.extend(fields.list("uprobes", sink, read_uprobe));
    hooks.extend(fields.list("usdts", sink, read_usdt));
    let macros = fields.entries("selectorsMacros", sink).iter();
    let macros = macros.filter_map(|entry| Some((key(entry), read_selector(&entry.value, sink)?)));
    Some(Spec {
        span: node.span,
        hooks,
        macros: macros.collect(),
        loader: fields.boolean("loader", sink),
        lists: fields.list("lists", sink, read_list),
        enforcers: fields.list("enforcers", sink, read_enforcer),
        options: fields.list("options", sink, read_option),
        workloads: ["podSelector", "containerSelector", "hostSelector", "nodeSelector"]
            .into_iter()
            .filter_map(|key| read_label_selector(&fields, key, sink))
            .collect(),
    })
}

fn read_list(node: &Node, sink: &mut Sink) -> Option<NamedList<'static>> {
    let keys = &["name", "pattern", "type", "validated", "values"];
    let fields = Fields::open(node, "a list", keys, sink)?;
    let kind = fields.text("type", sink);
    if let Some(kind) = &kind
        && !["syscalls", "generated_syscalls", "generated_ftrace", ""].contains(&kind.value.as_ref())
    {
        let message = format!("{} is not a list type", quote(&kind.value));
        let help = "write `syscalls`, `generated_syscalls` or `generated_ftrace`, or remove the key";
        sink.report(Diagnostic::new(&SCHEMA, kind.span, message).help(help));
    }
    Some(NamedList {
        span: node.span,
        name: fields.required_text("name", sink)?,
        kind: kind.filter(|kind| !kind.value.is_empty()),
        values: fields.texts("values", sink),
        pattern: fields.text("pattern", sink),
        validated: fields.boolean("validated", sink),
    })
}

fn read_enforcer(node: &Node, sink: &mut Sink) -> Option<Enforcer<'static>> {
    let fields = Fields::open(node, "an enforcer", &["calls"], sink)?;
    Some(Enforcer { span: node.span, calls: fields.required_texts("calls", sink) })
}

fn read_option(node: &Node, sink: &mut Sink) -> Option<PolicyOption<'static>> {
    let fields = Fields::open(node, "an option", &["name", "value"], sink)?;
    let name = fields.required_text("name", sink);
    let value = fields.text("value", sink).unwrap_or(Spanned::new("".into(), node.span));
    Some(PolicyOption { name: name?, value })
}

/// Reads a label selector: whether the schema accepts it, and whether it is `{}`.
fn read_label_selector(fields: &Fields<'_>, key: &'static str, sink: &mut Sink) -> Option<LabelSelector> {
    let node = fields.node(key)?;
    let selector = Fields::open(node, "a label selector", &["matchExpressions", "matchLabels"], sink)?;
    for entry in selector.entries("matchLabels", sink) {
        let value = super::fields::read_text(&entry.value, sink)?;
        if !crate::validate::is_label_value(&value.value) {
            let message = format!("{} is not a valid label value", quote(&value.value));
            sink.report(Diagnostic::new(&NAME, value.span, message));
        }
    }
    let expressions = selector.list("matchExpressions", sink, |node, sink| {
        let fields = Fields::open(node, "an expression", &["key", "operator", "values"], sink)?;
        fields.required_text("key", sink)?;
        let operators: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];
        fields.required_word("operator", operators, |word| word, sink)?;
        fields.texts("values", sink);
        Some(())
    });
    let is_empty = selector.entries("matchLabels", sink).is_empty() && expressions.is_empty();
    if key == "hostSelector" && !is_empty {
        let message = "`hostSelector` does not support labels";
        sink.report(Diagnostic::new(&SCHEMA, node.span, message).help("write `hostSelector: {}`"));
    }
    let place = node.span;
    Some(LabelSelector { key: Spanned::new(key, place), is_empty })
}
