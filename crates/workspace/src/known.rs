//! A finding that the baseline accepts, and who accepts it.

use std::sync::Arc;

use telovix_diagnostic::Diagnostic;
use telovix_policy::value::Date;

/// Who accepts a finding, when and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The day from which it is accepted.
    pub date: Date,
    /// The person or team who will correct it.
    pub owner: String,
    /// Why it is accepted until then.
    pub reason: String,
}

/// A finding that the baseline accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The finding.
    pub finding: Diagnostic,
    /// Who accepts it, when and why.
    pub origin: Arc<Origin>,
}
