//! Sources that are too large, too deep or not a policy end in a coded error.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_syntax::limits::{LIST_FINDINGS, SOURCE_BYTES, SOURCE_FINDINGS, SYNTAX_ERRORS};

/// Reads a text; the code of each finding in order, and how many documents could be used.
fn read(text: String) -> (Vec<&'static str>, usize) {
    let sources = SourceSet::new([("case.yaml".to_owned(), text)]);
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(&sources, &mut sink).documents.len();
    (sink.into_sorted().into_iter().map(|finding| finding.code.id).collect(), documents)
}

const PROFILE: &str = "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf\n";

#[test]
fn refuses_a_source_beyond_the_limit() {
    assert_eq!(read("x".repeat(SOURCE_BYTES + 1)), (vec!["source-too-large"], 0));
}

#[test]
fn stops_at_the_first_level_too_deep_of_any_kind() {
    let deep = [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        format!("{}{}{}", "- ".repeat(40), "[".repeat(40), "]".repeat(40)),
    ];
    for text in deep {
        let start: String = text.chars().take(12).collect();
        assert_eq!(read(text), (vec!["nested-too-deeply"], 0), "{start}");
    }
}

#[test]
fn reads_the_documents_after_a_broken_one() {
    let text = format!("a: [\n---\n{PROFILE}---\n\"open\n---\nkind: PolicyPack\npack_id: a\nversion: 1\n");
    assert_eq!(read(text), (vec!["syntax-error", "syntax-error"], 2));
}

#[test]
fn gives_up_on_a_source_that_is_no_policy() {
    let (codes, documents) = read("a: ]\n---\n".repeat(10_000) + PROFILE);
    assert_eq!((codes.len(), documents), (SYNTAX_ERRORS + 1, 0));
    assert_eq!(codes.last(), Some(&"too-many-errors"));
    let (codes, documents) = read("a: 1\n---\n".repeat(20_000) + PROFILE);
    assert_eq!((codes.len(), documents), (SOURCE_FINDINGS + 2, 0));
    assert_eq!(codes.iter().filter(|code| **code == "too-many-errors").count(), 1);
}

#[test]
fn gives_up_on_a_list_that_holds_something_else() {
    let (codes, documents) = read(format!("{PROFILE}allowed_dst_ports: [{}]\n", "x,".repeat(100_000)));
    assert_eq!((codes.len(), documents), (LIST_FINDINGS + 2, 0));
}
