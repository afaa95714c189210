//! Reading two sides in two threads must give the same result as reading each alone.

use proptest::prelude::*;
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower::{Options, Policy, lower};
use telovix_policy::arbitrary::cases;
use telovix_policy::value::Date;

use super::super::{Difference, Side, compare, read_both};
use crate::Reading;

fn today() -> Date {
    Date::parse("2026-11-20").expect("a date")
}

fn in_full(sources: &SourceSet) -> Policy {
    let documents = document::read(sources, &mut Sink::default()).documents;
    lower(documents, sources, Options { as_of: today() }, &mut Sink::default())
}

/// The content of a difference, document by document.
fn content(difference: &Difference<'_>) -> Vec<String> {
    let one = |subject: &crate::SubjectDifference<'_>| {
        let piece = subject.piece().expect("a document");
        let (direction, changes, witnesses) = (subject.direction, &subject.changes, &subject.witnesses);
        format!("{} {} {:?} {direction} {changes:?} {witnesses:?}", piece.kind, piece.id, piece.binary)
    };
    difference.subjects.iter().map(one).collect()
}

/// Documents of every kind about the same few binaries.
fn document() -> impl Strategy<Value = String> {
    let binary = || prop::sample::select(vec!["/bin/a", "/bin/b", "/opt/a", "/opt/c"]);
    let path = || prop::sample::select(vec!["/etc/", "/etc/x", "/bin/b", "/tmp/t", "/dev/shm/x"]);
    let exception = prop::sample::select(vec![
        "",
        "exceptions: [{process: /bin/b, reason: r}]\n",
        "exceptions: [{process: /opt/, reason: r}]\n",
    ]);
    prop_oneof![
        6 => (binary(), path(), 0..9_u8, any::<bool>()).prop_map(|(binary, path, number, files)| {
            let list = if files { "allowed_files" } else { "allowed_spawns" };
            format!("kind: GuardianProfile\nname: p{number}\ntarget_binary: {binary}\nmode: enforce\n{list}: [{path}]\n")
        }),
        1 => (binary(), path(), 0..3_u8).prop_map(|(binary, path, number)| format!(
            "kind: GuardianProfile\nname: i{number}\ntarget_binary: {binary}\nmode: audit\nchildren: inherit\nallowed_spawns: [{path}]\n"
        )),
        2 => (exception, 0..2_u8).prop_map(|(exception, number)| format!(
            "kind: EnforcementRule\nname: r{number}\ntemplate: block-execve-tmp\n{exception}"
        )),
        1 => (prop::sample::select(vec!["a", "c"]), path()).prop_map(|(name, path)| format!(
            "mode: enforce\nprocesses:\n  {name}:\n    allowed_exec: [{path}]\n    allowed_network: [\"0.0.0.0/0\"]\n"
        )),
    ]
}

fn files(documents: &[String]) -> SourceSet {
    let files = documents.chunks(3).enumerate();
    SourceSet::new(files.map(|(at, documents)| (format!("{at}.yaml"), documents.join("---\n"))))
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn reading_together_says_what_reading_alone_says(
        before in prop::collection::vec(document(), 1..9),
        edits in prop::collection::vec((0..9_usize, document()), 0..3),
    ) {
        let mut after = before.clone();
        for (place, document) in edits {
            if let Some(old) = after.get_mut(place) {
                *old = document;
            }
        }
        let (before, after) = (files(&before), files(&after));
        let (old, new) = (in_full(&before), in_full(&after));
        let (left, right) = (Side::of_policy(&old, &before), Side::of_policy(&new, &after));
        let (one, two): (Reading, Reading) = read_both(&before, &after, today());
        let (short, brief) = (Side::of_reading(&one, &before), Side::of_reading(&two, &after));
        prop_assert_eq!(content(&compare(&short, &brief)), content(&compare(&left, &right)));
    }
}

#[test]
fn mistakes_on_one_side_are_those_of_that_side() {
    let good =
        SourceSet::single("a.yaml", "kind: GuardianProfile\nname: a\ntarget_binary: /bin/a\nmode: audit\n");
    let bad = SourceSet::single("a.yaml", "kind: GuardianProfile\nname: a\nmode: audit\n");
    let (old, new) = read_both(&good, &bad, today());
    let codes = |reading: &Reading| reading.diagnostics.iter().map(|found| found.code.id).collect::<Vec<_>>();
    assert_eq!((codes(&old).len(), old.policy.documents.len()), (0, 1));
    assert_eq!((codes(&new), new.policy.documents.len()), (vec!["missing-field"], 0));
}
