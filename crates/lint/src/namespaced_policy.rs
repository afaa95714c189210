//! A policy for one namespace -> what it does on a host without Kubernetes.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{Document, TracingPolicyDocument};
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("namespaced_policy.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    let Some(policy) = policy(document).filter(|policy| policy.namespace.is_some()) else { return };
    let message = "on a host without Kubernetes this policy applies to every process";
    sink.report(
        Diagnostic::new(&LINT.code, policy.name.span, message)
            .help("load it in Kubernetes only, or filter by executable or namespace in its selectors"),
    );
}

/// Returns the TracingPolicy of a document.
fn policy(document: &Document) -> Option<&TracingPolicyDocument> {
    match document {
        Document::TracingPolicy(policy) => Some(policy),
        Document::EnforcementRule(rule) => rule.policy.as_ref(),
        _ => None,
    }
}
