//! Entries of `exceptions` and `waive`: which processes are exempt, and which weakening the author accepts.

mod read;

pub(super) use read::{EXCEPTIONS, WAIVE, read_exceptions, read_waivers};

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::{Date, PathPattern};

/// Exempts processes from the document that contains it, and from no other.
/// At least one of the two patterns is present; both must match when both are.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// The bytes of the entry.
    pub span: Span,
    /// The executable of the process.
    pub process: Option<Spanned<PathPattern>>,
    /// The executable of its parent.
    pub parent: Option<Spanned<PathPattern>>,
    /// Why; never empty.
    pub reason: Spanned<String>,
    /// The person or team responsible for it.
    pub owner: Option<Spanned<String>>,
    /// The last day on which it applies.
    pub expiry: Option<Spanned<Date>>,
}
