//! A confinement -> how much its violation weighs.

use crate::confine::{Condition, Confinement, DocumentKind, Listing, ViolationSeverity};
use crate::document::Document;
use crate::template;

impl ViolationSeverity {
    /// Returns the weight of a violation: a template's own, else as the runtime guard weighs it. Of a list of
    /// system calls that is the weight of the heaviest.
    #[must_use]
    pub fn of(document: &Document, confinement: &Confinement) -> Self {
        let is_guard = confinement.document.kind == DocumentKind::RuntimeGuard;
        match (document, &confinement.condition, confinement.listing) {
            (Document::EnforcementRule(rule), ..) => {
                template::find(rule.template.value).map_or(Self::High, |built_in| built_in.severity)
            }
            (_, Condition::Syscall(syscalls), _) => {
                syscalls.iter().map(Self::of_syscall).max().unwrap_or(Self::Medium)
            }
            (_, Condition::Connect(_), _) => Self::Critical,
            (_, Condition::Open { .. }, Listing::Allows) if is_guard => Self::Medium,
            _ => Self::High,
        }
    }
}
