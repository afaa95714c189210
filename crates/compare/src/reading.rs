//! Two sets of sources -> what both mean, each side in a thread of its own.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document;
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_policy::value::Date;

/// One side, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What there is to say about the documents.
    pub diagnostics: Vec<Diagnostic>,
    /// What they mean.
    pub policy: Policy,
}

/// Reads both sides. Expiry dates of exceptions are compared with the day `as_of`.
#[must_use]
pub fn read_both(before: &SourceSet, after: &SourceSet, as_of: Date) -> (Reading, Reading) {
    std::thread::scope(|scope| {
        let new = scope.spawn(|| read(after, as_of));
        let old = read(before, as_of);
        // A panic over there is one here: an empty policy would be compared as if everything had been removed.
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
