//! Cases of `tests/check/` -> the findings of the lints, compared with the `.expected` file next to each.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::lower;
use telovix_lint as check;
use telovix_policy::value::Date;

#[test]
fn lints_report_what_is_expected() {
    telovix_snapshot::assert_cases("check", 12, |files| lint(&SourceSet::new(files)));
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
