//! Documents -> their names in messages.

use telovix_document::Document;
use telovix_document::lower::PolicyDocument;
use telovix_policy::confine::{Confinement, DocumentKind};

/// Names the document of a confinement as messages do.
pub(super) fn document(confinement: &Confinement) -> String {
    let kind = match confinement.document.kind {
        DocumentKind::GuardianProfile => "profile",
        DocumentKind::EnforcementRule => "rule",
        DocumentKind::RuntimeGuard => "the guard of",
        DocumentKind::TracingPolicy => "TracingPolicy",
    };
    format!("{kind} `{}`", confinement.document.name)
}

/// Names a passed-through document as messages do.
pub(super) fn passed_through(document: &PolicyDocument) -> String {
    match &document.document {
        Document::EnforcementRule(rule) => format!("custom rule `{}`", rule.name.value),
        _ => document
            .custom_policy()
            .map_or_else(String::new, |custom| format!("TracingPolicy `{}`", custom.policy.name.value)),
    }
}
