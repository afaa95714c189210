use telovix_compiler::{Options, compile};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;

use super::{Accepts, Baseline, Origin, Verb};
use crate::findings::Findings;

const PROFILE: &str = "kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: audit
allowed_spawns: []
allowed_dst_cidrs: [10.0.0.7/8, 0.0.0.0/0]
";

fn origin() -> Origin {
    let date = Date::parse("2026-12-01").unwrap();
    Origin { date, owner: "noc".to_owned(), reason: "adopted".to_owned() }
}

/// Returns what a run reports about a text.
fn findings(text: &str) -> Findings {
    let sources = SourceSet::single("profiles/amf.yaml", text);
    let diagnostics = compile(&sources, &Options::on(origin().date)).diagnostics;
    Findings { sources, shown_below: String::new(), diagnostics, known: Vec::new() }
}

fn accepting(text: &str) -> Baseline {
    let mut baseline = Baseline::new(origin());
    baseline.accept(&findings(text), Verb::Lint, origin());
    baseline
}

/// Returns the codes of new errors and warnings, the number of known findings, and that of stale entries.
fn judged(baseline: &Baseline, text: &str) -> (Vec<&'static str>, usize, usize) {
    let mut found = findings(text);
    let stale = baseline.judge(&mut found, Verb::Lint, Accepts::ErrorsAndWarnings);
    let new = found.diagnostics.iter().filter(|found| found.severity.name() != "note");
    (new.map(|found| found.code.id).collect(), found.known.len(), stale.entries.len())
}

#[test]
fn what_was_there_is_known_wherever_its_lines_move() {
    let baseline = accepting(PROFILE);
    let count = baseline.count();
    assert!(count > 0);
    assert_eq!(judged(&baseline, PROFILE), (vec![], count, 0));
    let moved = format!("# a remark\n\nkind: RuntimeGuard\nprocesses: {{}}\n---\n{PROFILE}");
    let (_, known, stale) = judged(&baseline, &moved);
    assert_eq!((known, stale), (count, 0));
}

#[test]
fn one_more_of_a_kind_at_the_same_place_is_new() {
    let baseline = accepting(PROFILE);
    let more = PROFILE.replace("0.0.0.0/0]", "0.0.0.0/0, \"::/0\"]");
    assert!(judged(&baseline, &more).0.contains(&"cidr-any"));
    // The same text again: the count of the entry is used up.
    let twice = format!("{PROFILE}---\n{PROFILE}");
    assert!(judged(&baseline, &twice).0.contains(&"cidr-any"));
}

#[test]
fn what_was_corrected_is_stale_and_pruned() {
    let mut baseline = accepting(PROFILE);
    let better = PROFILE.replace(", 0.0.0.0/0", "");
    let mut found = findings(&better);
    let stale = baseline.judge(&mut found, Verb::Lint, Accepts::ErrorsAndWarnings);
    let told = baseline.report(&stale, "");
    assert!(told.iter().any(|found| found.message.contains("`cidr-any` in `profiles/amf.yaml`")), "{told:?}");
    let before = baseline.count();
    baseline.prune(&[stale]);
    assert!(baseline.count() < before);
    assert_eq!(judged(&baseline, &better), (vec![], baseline.count(), 0));
}

#[test]
fn a_run_that_writes_accepts_no_error() {
    let wrong = PROFILE.replace("mode: audit", "modee: audit");
    let baseline = accepting(&wrong);
    let mut found = findings(&wrong);
    let _stale = baseline.judge(&mut found, Verb::Lint, Accepts::Warnings);
    assert!(found.has_errors());
    let mut found = findings(&wrong);
    let _stale = baseline.judge(&mut found, Verb::Lint, Accepts::ErrorsAndWarnings);
    assert!(!found.has_errors());
}

#[test]
fn a_file_reads_back_as_it_was_written() {
    for text in [PROFILE, "kind: GuardianProfile\nname: \"x: \\u0001\"\nmode: \"tru\\\"e\"\n", "kind: [\n"] {
        let baseline = accepting(text);
        assert!(baseline.count() > 0, "{text}");
        let written = baseline.text();
        let read = Baseline::parse(&written, "").map_err(|found| format!("{:?}", found.diagnostics)).unwrap();
        assert_eq!(read.text(), written);
        assert_eq!(judged(&read, text), (vec![], baseline.count(), 0), "{written}");
    }
}

#[test]
fn mistakes_in_the_file_are_all_reported() {
    let found = Baseline::parse("date: tomorrow\nowner: noc\nfindings: [{cod: x}, 3]\n", "").unwrap_err();
    let codes: Vec<_> = found.diagnostics.iter().map(|found| found.code.id).collect();
    for code in ["invalid-date", "missing-field", "unknown-key", "wrong-type"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    assert!(Baseline::parse("", "").is_err());
}
