//! An id and a few sentences -> the code of an error that is shown by situations rather than documents.

use telovix_diagnostic::{Code, Example, Severity};

/// Makes such a code.
pub(crate) const fn page(
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
    fires: &'static str,
    silent: &'static str,
) -> Code {
    Code {
        id,
        title,
        severity: Severity::Error,
        explanation,
        fires: Example::Situation(fires),
        silent: Example::Situation(silent),
    }
}
