//! Two sets of sources -> their policies, each read in a separate thread.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_policy::value::Date;

/// One side, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The findings.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy.
    pub policy: Policy,
}

/// Reads both sides. Expiry dates of exceptions are compared with the day `as_of`.
#[must_use]
pub fn read_both(before: &SourceSet, after: &SourceSet, as_of: Date) -> (Reading, Reading) {
    std::thread::scope(|scope| {
        let new = scope.spawn(|| read(after, as_of));
        let old = read(before, as_of);
        // Propagate a panic of the thread: an empty policy would look as if every document had been removed.
        (old, new.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn read(sources: &SourceSet, as_of: Date) -> Reading {
    let mut sink = Sink::default();
    let documents = document::read(sources, &mut sink).documents;
    let policy = lower::lower(documents, sources, lower::Options { as_of }, &mut sink);
    Reading { diagnostics: sink.into_sorted(), policy }
}

#[cfg(test)]
mod tests;
