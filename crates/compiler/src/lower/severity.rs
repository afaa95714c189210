//! A confinement -> how much its violation weighs.

use crate::confine::{Condition, Confinement, DocumentKind, Listing};
use crate::document::Document;
use crate::document::value::Syscall;
use crate::template;

/// How much a violation weighs. The order is that of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViolationSeverity {
    /// Worth a look.
    Medium,
    /// Worth a look today.
    High,
    /// Worth waking somebody.
    Critical,
}

/// Calls that take over another process or the kernel.
const CRITICAL: [&str; 6] =
    ["finit_module", "init_module", "kexec_load", "process_vm_readv", "process_vm_writev", "ptrace"];
/// Calls that start processes.
const HIGH: [&str; 4] = ["clone", "clone3", "execve", "fork"];

impl ViolationSeverity {
    /// Returns the word users see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the weight of a system call, as the runtime guard has it.
    #[must_use]
    pub fn of_syscall(syscall: Syscall) -> Self {
        match syscall.name() {
            name if CRITICAL.contains(&name) => Self::Critical,
            name if HIGH.contains(&name) => Self::High,
            _ => Self::Medium,
        }
    }

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
