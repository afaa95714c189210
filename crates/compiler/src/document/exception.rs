//! Entries of `exceptions` and `waive`: who is exempt, and which weakening the author accepts.

mod read;

pub(super) use read::{EXCEPTIONS, WAIVE, read_exceptions, read_waivers};

use super::value::{Date, PathPattern};
use crate::source::{Span, Spanned};

/// Exempts processes from the document it stands in, and from nothing else.
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
    /// Who answers for it.
    pub owner: Option<Spanned<String>>,
    /// The last day it holds.
    pub expiry: Option<Spanned<Date>>,
}

/// Accepts one weakening of the document it stands in, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The bytes of the entry.
    pub span: Span,
    /// The code of the weakening.
    pub name: Spanned<String>,
    /// Why; never empty.
    pub reason: Spanned<String>,
}
