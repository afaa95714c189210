//! Any text as a TracingPolicy -> findings: no panic, every span is text, and the same ones twice; also with anchors.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_tetragon::{Context, check_product, encoded_size, read, validate};

fuzz_target!(|text: &str| {
    let sources = SourceSet::single("case.yaml", text);
    let findings = judge(&sources);
    for finding in &findings {
        let spans = finding.related.iter().map(|label| label.span).chain(finding.span);
        let fixes = finding.fix.iter().map(|fix| fix.span);
        spans.chain(fixes).for_each(|span| assert!(sources.text(span).len() as u32 == span.end - span.start));
        assert!(!finding.message.contains('\n'));
    }
    assert_eq!(findings, judge(&sources));
});

fn judge(sources: &SourceSet) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    for (id, source) in sources.iter() {
        telovix_syntax::parse_sharing(id, source, &mut sink, |tree, sink| {
            let Some(policy) = read(&tree.root, sink) else { return };
            validate(&policy, &Context::default(), sink);
            check_product(&policy, sink);
            policy.spec.hooks.iter().for_each(|hook| assert!(encoded_size(hook) >= 4));
        });
    }
    sink.into_sorted()
}
