//! Any text -> documents and findings: no panic, every span is text, the same ones twice.
#![no_main]

#[path = "../../crates/compiler/tests/readers/mod.rs"]
mod readers;

use libfuzzer_sys::fuzz_target;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_document as document;
use telovix_document::Documents;

fuzz_target!(|text: &str| {
    let sources = SourceSet::single("case.yaml", text);
    let (documents, findings) = read(&sources);
    for comment in &documents.comments {
        assert!(sources.text(comment.span).starts_with('#'));
    }
    for finding in &findings {
        let related = finding.related.iter().map(|label| label.span);
        let fix = finding.fix.iter().map(|fix| fix.span);
        finding.span.into_iter().chain(related).chain(fix).for_each(|span| expect_text(&sources, span));
        assert!(!finding.message.contains('\n'));
    }
    readers::expect_agreement(&sources);
    let (again, findings_again) = read(&sources);
    assert_eq!(documents.documents, again.documents);
    assert_eq!(findings.len(), findings_again.len());
});

fn read(sources: &SourceSet) -> (Documents, Vec<Diagnostic>) {
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(sources, &mut sink);
    (documents, sink.into_sorted())
}

fn expect_text(sources: &SourceSet, span: Span) {
    let text = sources.get(span.source).map_or("", |source| source.text());
    assert!(text.get(span.start as usize..span.end as usize).is_some());
}
