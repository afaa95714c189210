//! KubeArmor policies -> TracingPolicies.
//!
//! ```text
//! rule      a policy -> its rules: operation, verdict, paths, sources
//! selector  rules -> the selectors of one hook
//! ```
//!
//! Facts are those of the policy specification on docs.kubearmor.io and of the rules of its BPF enforcer. An allow list is
//! imported with the posture `block`: the posture is a setting of the cluster, not of the policy.

mod rule;
mod selector;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_syntax::{Mapping, Node};
use telovix_tetragon::push_quoted;

use crate::product::Conversion;
use crate::{Change, Effect};
use rule::{Operation, Rule};

/// The most bytes of a file that is read.
pub const LARGEST_FILE: usize = 4 << 20;

/// The group of the API of all policies.
const GROUP: &str = "security.kubearmor.com/";

/// What is told of a policy while it is read.
struct Telling<'a> {
    line: &'a mut dyn FnMut(Span) -> u32,
    changes: &'a mut Vec<Change>,
}

impl Telling<'_> {
    fn tell(&mut self, span: Span, what: &str, why: &str, effect: Effect) {
        let (line, what) = ((self.line)(span), format!("`{what}`"));
        self.changes.push(Change { line, what, why: why.to_owned(), effect });
    }

    /// Returns the reason to refuse a file, with its line.
    fn refuse(&mut self, span: Span, why: &str) -> String {
        format!("line {}: {why}", (self.line)(span))
    }
}

/// Imports the KubeArmor policies of a file, in YAML or JSON. Returns nothing when there is none in it.
///
/// # Errors
/// With the reason when a policy cannot be imported: then none of the file is.
pub fn import(text: &str) -> Result<Option<Conversion>, String> {
    if !text.contains(GROUP) {
        return Ok(None);
    }
    if text.len() > LARGEST_FILE {
        return Err(format!("is larger than {LARGEST_FILE} bytes"));
    }
    let sources = SourceSet::single("file", text);
    let (mut sink, mut policies) = (Sink::default(), Vec::new());
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| collect(&tree.root, &mut policies));
    }
    if sink.has_errors() {
        return Err("has an error of syntax".to_owned());
    }
    if policies.is_empty() {
        return Ok(None);
    }
    let mut line = |span: Span| if span == Span::NOWHERE { 0 } else { sources.line(span) };
    let (mut changes, mut documents) = (Vec::new(), Vec::new());
    for policy in &policies {
        let mut telling = Telling { line: &mut line, changes: &mut changes };
        documents.extend(import_one(policy, &mut telling)?);
    }
    changes.sort_by_key(|change| change.line);
    if documents.is_empty() {
        let first =
            changes.first().map_or_else(String::new, |change| format!(": {} {}", change.what, change.why));
        return Err(format!("has no rule that can be imported{first}"));
    }
    Ok(Some(Conversion { text: documents.join("---\n"), changes }))
}

/// Adds the policies of a document: itself, or the items of a list.
fn collect(node: &Node<'_>, policies: &mut Vec<Node<'static>>) {
    let Some(mapping) = node.as_mapping() else { return };
    let text = |key: &str| mapping.get(key).and_then(Node::text).unwrap_or_default();
    if text("apiVersion").starts_with(GROUP) {
        policies.push(node.detached());
    } else if text("kind") == "List" {
        for item in mapping.get("items").and_then(Node::as_sequence).into_iter().flatten() {
            collect(item, policies);
        }
    }
}

fn import_one(policy: &Node<'_>, telling: &mut Telling<'_>) -> Result<Option<String>, String> {
    let empty = Mapping::default();
    let policy_span = policy.head();
    let policy = policy.as_mapping().unwrap_or(&empty);
    let kind = policy.get("kind").and_then(Node::text).unwrap_or_default();
    let Some(spec) = policy.get("spec").and_then(Node::as_mapping) else {
        return Err(telling.refuse(policy_span, "has no `spec`"));
    };
    let metadata = policy.get("metadata").and_then(Node::as_mapping).unwrap_or(&empty);
    let Some(name) = metadata.get("name").and_then(Node::text).filter(|name| !name.is_empty()) else {
        return Err(telling.refuse(policy_span, "has no `metadata.name`"));
    };
    let is_namespaced = match kind {
        "KubeArmorPolicy" => true,
        "KubeArmorClusterPolicy" | "KubeArmorHostPolicy" => false,
        other => {
            return Err(telling.refuse(policy_span, &format!("`{other}` is no kind that can be imported")));
        }
    };
    let labels = labels(spec, telling)?;
    let rules = rule::read(spec, telling)?;
    if rules.is_empty() {
        return Ok(None);
    }
    let namespace = metadata.get("namespace").and_then(Node::text).unwrap_or("default");
    let mut text = String::from("apiVersion: cilium.io/v1alpha1\nkind: ");
    text.push_str(if is_namespaced { "TracingPolicyNamespaced" } else { "TracingPolicy" });
    text.push_str("\nmetadata:\n  name: ");
    push_quoted(&mut text, name);
    if is_namespaced {
        text.push_str("\n  namespace: ");
        push_quoted(&mut text, namespace);
    }
    text.push_str("\nspec:\n");
    if !labels.is_empty() {
        text.push_str("  podSelector:\n    matchLabels:\n");
        for (key, value) in &labels {
            text.push_str("      ");
            push_quoted(&mut text, key);
            text.push_str(": ");
            push_quoted(&mut text, value);
            text.push('\n');
        }
    }
    text.push_str("  lsmhooks:\n");
    for operation in Operation::ALL {
        let rules: Vec<&Rule> = rules.iter().filter(|rule| rule.operation == operation).collect();
        selector::write(operation, &rules, &mut text);
    }
    Ok(Some(text))
}

/// Returns the labels of the pods that a policy selects.
fn labels(spec: &Mapping<'_>, telling: &mut Telling<'_>) -> Result<Vec<(String, String)>, String> {
    if let Some(nodes) = spec.entry("nodeSelector") {
        let why = "not imported: the policy applies to every host";
        telling.tell(nodes.key.span, "nodeSelector", why, Effect::Stricter);
    }
    let Some(selector) = spec.get("selector").and_then(Node::as_mapping) else { return Ok(Vec::new()) };
    let mut labels = Vec::new();
    for entry in &selector.entries {
        let Some(pairs) = entry.value.as_mapping().filter(|_| entry.key.value == "matchLabels") else {
            let why = format!("selects pods by `{}`, which a TracingPolicy does not have", entry.key.value);
            return Err(telling.refuse(entry.key.span, &why));
        };
        for pair in &pairs.entries {
            let Some(value) = pair.value.text() else {
                return Err(telling.refuse(pair.key.span, "has a label that is no text"));
            };
            labels.push((pair.key.value.clone().into_owned(), value.to_owned()));
        }
    }
    Ok(labels)
}
