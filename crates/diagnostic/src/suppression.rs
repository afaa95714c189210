//! A comment that accepts a finding at one place -> whether a finding is at this place.

use std::ops::Range;

use crate::source::Span;
use crate::{Diagnostic, Severity};

/// A comment `telovix: ignore[CODE] REASON`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The comment.
    pub span: Span,
    /// The id of the code.
    pub code: String,
    /// The bytes of the same source in which findings start that it accepts.
    pub place: Range<u32>,
}

impl Suppression {
    /// Returns whether it accepts a finding. It never accepts what is an error by default.
    pub(crate) fn accepts(&self, finding: &Diagnostic) -> bool {
        finding.code.id == self.code
            && finding.code.severity != Severity::Error
            && finding
                .span
                .is_some_and(|span| span.source == self.span.source && self.place.contains(&span.start))
    }
}
