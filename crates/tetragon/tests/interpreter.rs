//! The interpreter of Tetragon policies: written cases, a slow literal reading of the same rules, and events with missing
//! fields.

#[path = "interpreter/generated.rs"]
mod generated;
#[path = "interpreter/literal.rs"]
mod literal;

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_policy::arbitrary::forget;
use telovix_policy::confine::{Access, Effect, Operation, SocketType};
use telovix_policy::judge::{Event, Field};
use telovix_policy::value::{Capability, Syscall};
use telovix_syntax as syntax;
use telovix_tetragon::interpret::Decided;
use telovix_tetragon::{TracingPolicy, read};

fn policies(sources: &SourceSet) -> Vec<TracingPolicy<'static>> {
    let mut sink = Sink::default();
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        syntax::parse(id, source, &mut sink, |tree, sink| policies.extend(read(&tree.root, sink)));
    }
    assert!(!sink.has_errors(), "{:?}", sink.into_sorted());
    policies
}

/// The events of a case are its comments that start with a brace.
fn events(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.starts_with('{'))
}

fn render(documents: Vec<(String, String)>) -> String {
    let mut told = String::new();
    for (name, text) in documents {
        let sources = SourceSet::single(&name, &text);
        let decided: Vec<Decided> = policies(&sources).iter().map(Decided::new).collect();
        for line in events(&text) {
            let event = Event::parse(line).expect("an event");
            writeln!(told, "{line}").expect("a string");
            for policy in &decided {
                let ruling = policy.judge(&event);
                let effect = if ruling.least == ruling.most {
                    ruling.most.to_string()
                } else {
                    format!("{} to {}", ruling.least, ruling.most)
                };
                write!(told, "  {effect}").expect("a string");
                if let Some(decider) = ruling.decider {
                    let place = sources.locate(decider.span(&event));
                    let actions = decider.outcome().actions.join(", ");
                    write!(told, ": {} at {place}, {actions}", decider.hook()).expect("a string");
                    if let Some(member) = decider.member(&event) {
                        write!(told, " for {member}").expect("a string");
                    }
                }
                let fields: Vec<_> = ruling.needs.fields.iter().map(Field::name).collect();
                for need in fields.iter().chain(&policy.words(ruling.needs.facts)) {
                    write!(told, "; needs {need}").expect("a string");
                }
                told.push('\n');
            }
        }
    }
    told
}

#[test]
fn written_cases() {
    telovix_snapshot::assert_cases("interpret", 20, render);
}

/// Every file that was tried in Tetragon, whatever it made of it.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["tests/tracing_policy/engine", "tests/interpret"] {
        let entries =
            std::fs::read_dir(telovix_snapshot::root().join(folder)).expect("a folder of the repository");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        paths.sort();
        texts.extend(paths.iter().map(|path| std::fs::read_to_string(path).expect("a readable file")));
    }
    texts
}

/// One event of each operation with everything, and one with nothing.
fn samples() -> Vec<Event> {
    let whole = |operation| Event {
        binary: Some("/usr/bin/cat".to_owned()),
        parent: Some("/sbin/init".to_owned()),
        ancestors: Some(vec!["/sbin/init".to_owned()]),
        path: Some("/etc/shadow".to_owned()),
        access: Some([Access::Read].into_iter().collect()),
        anonymous: Some(false),
        address: "10.0.0.1".parse().ok(),
        port: Some(443),
        protocol: Some("tcp".to_owned()),
        capability: Capability::from_number(21),
        syscall: Syscall::parse("mount").ok(),
        family: Some(2),
        socket_type: Some(SocketType::Stream),
        mode: Some(0o4755),
        ..Event::new(operation)
    };
    let other = |operation| Event { syscall: None, ..whole(operation) };
    Operation::ALL.into_iter().flat_map(|one| [whole(one), other(one), Event::new(one)]).collect()
}

/// Judges samples by every policy that the reader accepts: no panic, and a range exactly where something is needed.
fn judge_all(text: &str) -> usize {
    let sources = SourceSet::single("case.yaml", text);
    let mut sink = Sink::default();
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        syntax::parse(id, source, &mut sink, |tree, sink| policies.extend(read(&tree.root, sink)));
    }
    for policy in &policies {
        let decided = Decided::new(policy);
        for event in samples() {
            let ruling = decided.judge(&event);
            assert!(ruling.least <= ruling.most);
            assert_eq!(ruling.needs.is_empty(), ruling.least == ruling.most, "{text}\n{event:?}");
            let place = ruling.decider.map(|decider| decider.span(&event));
            assert!(place.is_none_or(|span| (span.end as usize) <= text.len()));
        }
    }
    policies.len()
}

#[test]
fn every_policy_that_is_read_can_be_judged() {
    let read: usize = corpus().iter().map(|text| judge_all(text)).sum();
    assert!(read > 100, "only {read} policies were read");
}

/// Returns the policy, its decided form, and the effects by the literal reading: where `matchPIDs` matches, and where
/// it does not.
fn prepared(text: &str) -> (TracingPolicy<'static>, Decided) {
    let sources = SourceSet::single("policy.yaml", text);
    let policy = policies(&sources).pop().expect("one policy");
    let decided = Decided::new(&policy);
    (policy, decided)
}

/// Returns whether a policy filters by what no event tells.
fn has_facts(text: &str) -> bool {
    ["matchPIDs", "SubString", "FileType"].iter().any(|fact| text.contains(fact))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_decided_form_agrees_with_a_literal_reading(
        text in generated::policy(),
        events in proptest::collection::vec(generated::event(), 30),
    ) {
        let (policy, decided) = prepared(&text);
        for event in &events {
            let ruling = decided.judge(event);
            let possible = [false, true].map(|pid| literal::effect(&policy, event, pid));
            let (least, most) = (possible[0].min(possible[1]), possible[0].max(possible[1]));
            // A report that depends on a fact alone does not count.
            let is_root = event.path.as_deref() == Some("/");
            if (ruling.least, ruling.most) == (Effect::Allow, Effect::Allow) {
                prop_assert!(most <= Effect::Log && (most == Effect::Allow || is_root || has_facts(&text)), "{most}: {text}\n{event:?}");
            } else {
                prop_assert!(ruling.least <= least && most <= ruling.most, "{ruling:?}, not {least} to {most}: {text}\n{event:?}");
                // Whether a filter finds the root directory is not known.
                let decides = least == most && !is_root;
                prop_assert!(!decides || ruling.least == ruling.most || has_facts(&text), "{ruling:?}: {text}\n{event:?}");
            }
            prop_assert_eq!(ruling.needs.is_empty(), ruling.least == ruling.most);
        }
    }

    #[test]
    fn every_broken_policy_that_is_read_can_be_judged(
        picked in any::<Index>(),
        line in any::<Index>(),
        with in any::<Index>(),
    ) {
        let texts = corpus();
        let text = picked.get(&texts);
        let mut lines: Vec<&str> = text.lines().collect();
        let donor: Vec<&str> = with.get(&texts).lines().collect();
        if !lines.is_empty() && !donor.is_empty() {
            let at = line.index(lines.len());
            lines[at] = donor[with.index(donor.len())];
        }
        judge_all(&lines.join("\n"));
    }

    #[test]
    fn a_verdict_holds_for_every_completion(
        text in generated::policy(),
        events in proptest::collection::vec(generated::event(), 30),
        picked in any::<Index>(),
        forgotten in subsequence(Field::ALL.to_vec(), 1..6),
    ) {
        let (policy, decided) = prepared(&text);
        let whole = picked.get(&events);
        let partial = forget(whole, &forgotten);
        let ruling = decided.judge(&partial);
        let known = partial.to_json();
        prop_assert!(ruling.needs.fields.iter().all(|field| known.get(field.name()).is_none()), "{ruling:?} {known}");
        for other in events.iter().filter(|other| other.operation == whole.operation) {
            let complete = generated::complete(&partial, other);
            for effect in [false, true].map(|pid| literal::effect(&policy, &complete, pid)) {
                let is_report = effect <= Effect::Log && has_facts(&text);
                let inside = (ruling.least..=ruling.most).contains(&effect);
                prop_assert!(inside || (is_report && ruling.most <= Effect::Log), "{effect} is not in {ruling:?}: {text}\n{complete:?}");
            }
        }
    }
}
