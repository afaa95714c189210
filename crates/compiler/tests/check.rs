//! Cases of `tests/check/` -> the findings of the lints.

mod cases;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::lower;
use telovix_lint as check;
use telovix_policy::value::Date;

#[test]
fn lints_say_what_is_expected() {
    cases::hold("check", 12, lint);
}

fn lint(sources: &SourceSet) -> String {
    let mut sink = Sink::new(Levels::default());
    let as_of = Date::parse("2026-11-21").expect("a date");
    let documents = document::read(sources, &mut sink).documents;
    let policy = lower::lower(documents, sources, lower::Options { as_of }, &mut sink);
    let mut lints = sink.fork();
    check::check(&policy, as_of, &mut lints);
    lints.into_sorted().iter().map(|diagnostic| diagnostic.plain(sources)).collect()
}
