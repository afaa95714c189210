//! A mapping with `processes` -> allow and block lists per process name.

pub(super) mod read;

use std::sync::Arc;
use strum::VariantArray;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::Waiver;
use telovix_policy::value::{NetworkPattern, PathPattern, Syscall};

use super::List;

/// A runtime-guard policy: the existing file format, recognised without a `kind`.
#[derive(Debug, Clone, PartialEq)]
pub struct RuntimeGuard {
    /// The bytes of the whole document.
    pub span: Span,
    /// "1.0" when absent.
    pub version: String,
    /// What happens on a violation; the span is the document's when absent.
    pub mode: Spanned<GuardMode>,
    /// At least one; sorted by name.
    pub processes: Vec<GuardProcess>,
    /// Where violations are sent.
    pub alerts: GuardAlerts,
    /// Weakenings the author accepts, each with a reason.
    pub waive: Arc<[Waiver]>,
    /// The ids of the controls it is evidence for.
    pub compliance_tags: Vec<Spanned<String>>,
}

/// What a guard does on a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum GuardMode {
    /// Logs. (A profile's `audit` kills; the same word means the opposite here.)
    Audit,
    /// Sends an alert.
    Alert,
    /// Blocks.
    Enforce,
}

impl GuardMode {
    /// Every mode, weakest first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The lists of one process name. Block lists take precedence over allow lists.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardProcess {
    /// The bytes of the entry.
    pub span: Span,
    /// The base name of the executable.
    pub name: Spanned<String>,
    /// Free text.
    pub description: Option<Spanned<String>>,
    /// Programs it may execute; not confined when absent or empty.
    pub allowed_exec: Option<List<PathPattern>>,
    /// System calls it may not make.
    pub blocked_syscalls: Option<List<Syscall>>,
    /// Files it may open; not confined when absent or empty.
    pub allowed_files: Option<List<PathPattern>>,
    /// Files it may not open.
    pub blocked_files: Option<List<PathPattern>>,
    /// Where it may connect; absent or empty allows no network.
    pub allowed_network: Option<List<NetworkPattern>>,
    /// Where it may not connect.
    pub blocked_network: Option<List<NetworkPattern>>,
    /// Megabytes of memory; no limit when absent or 0.
    pub max_memory_mb: Option<Spanned<u32>>,
    /// Percent of a CPU; no limit when absent or 0.
    pub max_cpu_percent: Option<Spanned<u32>>,
}

/// Where violations are sent; free names of the operator's channels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GuardAlerts {
    /// Every violation.
    pub on_violation: Vec<Spanned<String>>,
    /// Critical violations.
    pub on_critical: Vec<Spanned<String>>,
}
