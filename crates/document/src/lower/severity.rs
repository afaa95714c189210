//! A confinement -> the severity of a violation.

use telovix_policy::confine::{Condition, Confinement, DocumentKind, Listing, ViolationSeverity};

use crate::Document;
use crate::template;

/// Returns the severity of a violation: that of the template, or the one that the runtime guard uses. For a list of
/// system calls it is the highest of the list.
#[must_use]
pub fn violation_severity(document: &Document, confinement: &Confinement) -> ViolationSeverity {
    let is_guard = confinement.document.kind == DocumentKind::RuntimeGuard;
    match (document, &confinement.condition, confinement.listing) {
        (Document::EnforcementRule(rule), ..) => {
            template::find(rule.template.value).map_or(ViolationSeverity::High, |built_in| built_in.severity)
        }
        (_, Condition::Syscall(syscalls), _) => {
            syscalls.iter().map(ViolationSeverity::of_syscall).max().unwrap_or(ViolationSeverity::Medium)
        }
        (_, Condition::Connect(_), _) => ViolationSeverity::Critical,
        (_, Condition::Open { .. }, Listing::Allows) if is_guard => ViolationSeverity::Medium,
        _ => ViolationSeverity::High,
    }
}
