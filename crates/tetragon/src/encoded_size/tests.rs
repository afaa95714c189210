//! Sizes compared with those of Tetragon's encoder, and the two limits.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;

use super::encoded_size;
use crate as tracing_policy;
use crate::Context;

fn policy(selectors: &str) -> tracing_policy::TracingPolicy<'static> {
    let text = format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: t}}\nspec:\n  lsmhooks:\n  \
         - hook: file_open\n    args:\n    - {{index: 0, type: file}}\n    selectors:\n{selectors}"
    );
    let sources = SourceSet::single("t.yaml", &text);
    let mut sink = Sink::default();
    let mut read = Vec::new();
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, sink| {
            read.extend(tracing_policy::read(&tree.root, sink));
        });
    }
    assert!(!sink.has_errors(), "{:?}", sink.into_sorted());
    read.pop().expect("one policy")
}

fn size(selectors: &str) -> usize {
    encoded_size(policy(selectors).spec.hooks.first().expect("one hook"))
}

fn codes(selectors: &str) -> Vec<&'static str> {
    let mut sink = Sink::default();
    tracing_policy::validate(&policy(selectors), &Context::default(), &mut sink);
    sink.into_sorted().iter().map(|diagnostic| diagnostic.code.id).collect()
}

const EQUAL: &str = "      - {index: 0, operator: Equal, values: [/etc/shadow]}\n";

#[test]
fn counts_as_the_encoder_does() {
    // A valid hook with five selectors of five string filters, which Tetragon accepts and misreads.
    let full = format!("    - matchArgs:\n{}", EQUAL.repeat(5)).repeat(5);
    assert_eq!(size(&full), 1_784);
    let empty = "    - matchPIDs: []\n";
    assert_eq!(size(empty), 4 + 56);
}

#[test]
fn finds_what_the_programs_cannot_address() {
    let of = |filters: usize, selectors: usize| {
        format!("    - matchArgs:\n{}", EQUAL.repeat(filters)).repeat(selectors)
    };
    assert_eq!(size(&of(3, 4)), 948);
    assert!(!codes(&of(3, 4)).contains(&"engine-encoded-size"));
    assert!(codes(&of(3, 5)).contains(&"engine-encoded-size"));
}
