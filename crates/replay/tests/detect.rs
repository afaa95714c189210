//! Streams of events: what is found does not depend on how the stream is stored, and investigations follow processes.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::convert::Infallible;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::json;
use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_replay::detect::{
    Detector, Event, Follow, Investigation, InvestigationState, Options, Output, Parts, Rules, Statistics,
    run,
};
use telovix_replay::find;
use telovix_replay::synthetic::{Export, Spacing};

/// Returns what is found in a stream.
fn detect(policy: &str, candidate: Option<&str>, stream: &[u8]) -> (Vec<Output>, Statistics) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream");
    fs::write(&path, stream).unwrap();
    let day = CompilerOptions::on(Date::parse("2026-12-01").unwrap());
    let read = |text: &str| {
        let sources = SourceSet::single("policy.yaml", text);
        let policy = analyse(&sources, &day).policy;
        (Parts::new(&policy), policy, sources)
    };
    let (parts, policy, sources) = read(policy);
    let other = candidate.map(read);
    let rules = Rules::new(&policy, &parts, &sources);
    let other = other.as_ref().map(|(parts, policy, sources)| Rules::new(policy, parts, sources));
    let options = Options { sensor: None, group: None, window: 900, possible: false, strict: false };
    let mut detector = Detector::new(&rules, other.as_ref(), options);
    let mut found = Vec::new();
    let stop = Arc::new(AtomicBool::new(false));
    let ended = run(&find(&[path]).unwrap(), Follow::No, &stop, &mut detector, |event, _| {
        if let Event::Found(output) = event {
            found.push(output.clone());
        }
        Ok::<(), Infallible>(())
    });
    assert!(ended.is_ok());
    (found, detector.statistics())
}

/// An execution: minutes since the start, the ids of the process and its parent, the program.
fn exec(minute: u64, id: &str, parent: &str, binary: &str) -> String {
    let process = json!({"exec_id": id, "parent_exec_id": parent, "pid": 100, "binary": binary, "flags": "execve clone"});
    let parent =
        json!({"exec_id": parent, "pid": if parent == "init" { 1 } else { 50 }, "binary": "/bin/bash"});
    let time = format!("2026-11-20T1{}:{:02}:00Z", minute / 60, minute % 60);
    let event =
        json!({"process_exec": {"process": process, "parent": parent}, "node_name": "a", "time": time});
    format!("{event}\n")
}

const NETWORK_TOOLS: &str = "\
kind: GuardianPolicy
name: tools
match_event_kind: process_exec
match_process_pattern: /nc
action: create_investigation
";

fn investigations(found: &[Output], state: InvestigationState) -> Vec<&Investigation> {
    let found = found.iter().filter_map(|output| match output {
        Output::Investigation(investigation) => Some(investigation),
        _ => None,
    });
    found.filter(|investigation| investigation.state == state).collect()
}

#[test]
fn an_investigation_follows_the_process_tree_and_ends_with_the_window() {
    let stream = [
        exec(0, "a", "shell", "/bin/nc"),
        // A grandchild by a program that matches nothing.
        exec(1, "b", "a", "/usr/bin/env"),
        exec(2, "c", "b", "/bin/nc"),
        // A sibling, and one of another tree.
        exec(3, "d", "shell", "/bin/nc"),
        exec(4, "e", "init", "/bin/nc"),
        exec(5, "f", "init", "/bin/nc"),
        // After the window.
        exec(40, "g", "a", "/bin/nc"),
    ]
    .concat();
    let (found, statistics) = detect(NETWORK_TOOLS, None, stream.as_bytes());
    let closed = investigations(&found, InvestigationState::Closed);
    let events: Vec<u64> = closed.iter().map(|investigation| investigation.events).collect();
    assert_eq!(events, [3, 1, 1, 1], "a, c and d; e; f; g");
    assert_eq!(investigations(&found, InvestigationState::Opened).len(), 4);
    assert_eq!((statistics.violations, statistics.investigations), (6, 4));
    let first = ids(&found);
    assert_eq!((&first[0], &first[0]), (&first[1], &first[2]));
    assert_ne!(first[0], first[5]);
    assert_eq!(
        ids(&detect(NETWORK_TOOLS, None, stream.as_bytes()).0),
        first,
        "the same stream gives the same ids"
    );
}

/// Returns the investigation of each violation.
fn ids(found: &[Output]) -> Vec<String> {
    let of = |output: &Output| match output {
        Output::Violation(violation) => violation.investigation.clone(),
        _ => None,
    };
    found.iter().filter_map(of).collect()
}

const GUARD: &str = "\
mode: audit
processes:
  amf:
    blocked_files: [/etc/]
    blocked_syscalls: [ptrace]
    allowed_network: ['10.0.0.0/8']
---
kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: enforce
allowed_files: [/var/lib/]
";

#[test]
fn the_way_a_stream_is_stored_changes_nothing() {
    let export = |spacing| {
        let mut export = Export::new(3, 4_000, spacing);
        let mut text = String::new();
        (0..4_000).for_each(|_| export.write(&mut text));
        text
    };
    let (plain, expected) = detect(GUARD, None, export(Spacing::None).as_bytes());
    assert!(expected.violations > 20 && expected.by_process.contains_key("amf"), "{expected:?}");
    assert_eq!(expected.by_process.values().sum::<u64>(), expected.violations);
    assert_eq!(expected.by_type.values().sum::<u64>(), expected.violations);
    assert_eq!(expected.by_rule.iter().map(|rule| rule.violations).sum::<u64>(), expected.violations);
    assert!(expected.by_rule.iter().any(|rule| rule.policy.kind == "RuntimeGuard"));
    assert!(expected.by_rule.iter().any(|rule| rule.policy.kind == "GuardianProfile"));
    let text = export(Spacing::Comma).replace('\n', "\r\n");
    let compressed =
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    for bytes in [text.as_bytes(), &compressed] {
        let (found, statistics) = detect(GUARD, None, bytes);
        assert_eq!(statistics, expected);
        assert_eq!(found.len(), plain.len());
    }
}

#[test]
fn a_candidate_differs_by_rule_and_from_itself_in_nothing() {
    let mut export = Export::new(3, 4_000, Spacing::None);
    let mut text = String::new();
    (0..4_000).for_each(|_| export.write(&mut text));
    let (found, same) = detect(GUARD, Some(GUARD), text.as_bytes());
    assert_eq!(same.shadow, Some(Vec::new()));
    assert!(!found.iter().any(|output| matches!(output, Output::Difference(_))));
    let wider = GUARD.replace("/var/lib/]", "/var/lib/, /usr/lib/, /etc/]");
    let (found, statistics) = detect(GUARD, Some(&wider), text.as_bytes());
    let by_rule = statistics.shadow.unwrap();
    let told = found.iter().filter(|output| matches!(output, Output::Difference(_))).count();
    assert_eq!(by_rule.iter().map(|of| of.events).sum::<u64>(), told as u64);
    assert!(told > 10 && by_rule.iter().all(|of| of.live.effect == "deny"), "{by_rule:?}");
    assert!(by_rule.iter().any(|of| of.candidate.effect == "allow"), "{by_rule:?}");
    // The guard still logs what the profile does not deny any more.
    let logs = |effect: &str| by_rule.iter().any(|of| of.candidate.effect == effect);
    assert!(logs("log") || logs("allow"));
    let detections =
        format!("{NETWORK_TOOLS}---\nkind: GuardianPolicy\nname: other\nmatch_process_pattern: /nc\n");
    let stream = exec(0, "a", "shell", "/bin/nc");
    let (_, statistics) = detect(&detections, Some(NETWORK_TOOLS), stream.as_bytes());
    let [gone] = statistics.shadow.as_deref().unwrap() else { panic!("one difference") };
    assert_eq!((gone.live.effect, gone.candidate.effect), ("flag", "none"));
}

#[test]
fn lines_that_cannot_be_read_are_counted_by_what_is_wrong() {
    let good = exec(0, "a", "shell", "/bin/nc");
    let stream =
        [good.as_bytes(), b"\0\0\0\n\xff\n{\"x\":1}\n{\"operation\":\"fly\"}\n\n{\"process_ex"].concat();
    let (found, statistics) = detect(NETWORK_TOOLS, None, &stream);
    assert_eq!((statistics.total_events, statistics.violations, statistics.malformed), (1, 1, 5));
    assert_eq!(statistics.problems.len(), 5, "{:?}", statistics.problems);
    assert_eq!(found.len(), 3, "opened, the violation, closed");
}
