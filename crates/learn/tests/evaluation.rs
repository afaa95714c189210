//! Profiles that were learned from one part of a history, tried on the next: on generated hosts and on real traces.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::print_stdout, reason = "the figures of the guide")]

use std::fs;
use std::path::{Path, PathBuf};

use telovix_learn::{Settings, evaluate, evaluate_on};
use telovix_replay::observe::{Observations, observe};
use telovix_replay::synthetic::world;
use telovix_replay::{Options, find};

fn read(path: PathBuf) -> Observations {
    observe(&find(&[path]).unwrap(), Options::default()).unwrap()
}

/// The figures of `docs/guide/learning.md`; `cargo nextest run -p telovix-learn --run-ignored all numbers --no-capture`
/// prints them.
#[test]
#[ignore = "takes a minute; for the figures"]
fn numbers() {
    println!(
        "| seed | profiles | events of the next day | false positives | for review | entries | most | sensitive |"
    );
    for seed in 11..=20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.ndjson");
        fs::write(&path, world::days(seed, 2)).unwrap();
        let observations = read(path);
        let evaluation = evaluate(&observations, &Settings::default(), &|_| true).unwrap();
        let most = evaluation.binaries.iter().map(|of| of.entries).max().unwrap();
        println!(
            "| {seed} | {} | {} | {} ({:.3} %) | {} | {} | {most} | {} |",
            evaluation.binaries.len(),
            evaluation.events,
            evaluation.false_positives,
            evaluation.false_positive_rate * 100.0,
            evaluation.for_review,
            evaluation.entries,
            evaluation.sensitive_allowed
        );
        assert!(evaluation.false_positive_rate < 0.005 && evaluation.sensitive_allowed == 0 && most <= 100);
    }
}

/// Traces of openssl, dpkg, python3, ps, ls and others: eight rounds, and four later ones. `traces/README.md` says how
/// they were made.
#[test]
fn profiles_of_a_real_trace_allow_the_next_rounds() {
    let traces = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let (first, next) = (read(traces.join("first.strace.gz")), read(traces.join("next.strace.gz")));
    assert_eq!((first.history.malformed, next.history.malformed), (0, 0));
    let evaluation =
        evaluate_on(&first, &next, &Settings { least_seconds: 0, ..Settings::default() }, &|_| true);
    let most = evaluation.binaries.iter().map(|of| of.entries).max().unwrap();
    println!(
        "{} of {} events, {} for review, {} entries, {most} in the largest profile",
        evaluation.false_positives, evaluation.events, evaluation.for_review, evaluation.entries
    );
    assert!(evaluation.events > 8_000 && evaluation.binaries.len() > 30, "{evaluation:?}");
    assert!(evaluation.false_positive_rate < 0.005, "{}", evaluation.false_positive_rate);
    assert!(evaluation.sensitive_allowed == 0 && most <= 100);
}
