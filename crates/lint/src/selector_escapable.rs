//! A selector of pods that a pod leaves by adding a label.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{Document, TracingPolicyDocument};
use telovix_policy::value::Date;
use telovix_syntax::Node;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("selector_escapable.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    let Some(policy) = policy(document) else { return };
    let spec = policy.node.as_mapping().and_then(|root| root.get("spec")).and_then(Node::as_mapping);
    let selector = spec.and_then(|spec| spec.get("podSelector")).and_then(Node::as_mapping);
    let expressions =
        selector.and_then(|selector| selector.get("matchExpressions")).and_then(Node::as_sequence);
    for expression in expressions.unwrap_or_default().iter().filter_map(Node::as_mapping) {
        let Some(operator) = expression.get("operator") else { continue };
        if matches!(operator.text(), Some("NotIn" | "DoesNotExist")) {
            let message =
                "a pod with another label is not matched, and who creates pods chooses their labels";
            let help = "match the pods that the policy is for (`In`, `Exists`), or a namespace";
            sink.report(Diagnostic::new(&LINT.code, operator.span, message).help(help));
        }
    }
}

/// Returns the TracingPolicy of a document.
fn policy(document: &Document) -> Option<&TracingPolicyDocument> {
    match document {
        Document::TracingPolicy(policy) => Some(policy),
        Document::EnforcementRule(rule) => rule.policy.as_ref(),
        _ => None,
    }
}
