//! TracingPolicies on native targets: judge and image give the effect that a literal reading of the policy gives.
//!
//! Policies are generated with random selectors. Where one is lowered, each generated event is decided four times:
//! by the selectors as written, one after the other; by the interpreter of Tetragon; by the judge from the confinements;
//! and by the packed image. The confinements are never weaker than what the interpreter is sure of.

#[path = "tracing_policy_native/literal.rs"]
mod literal;

use std::collections::BTreeMap;

use literal::{Case, case, effect, event};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_image::{Interpreter, pack};
use telovix_policy::confine::{Effect, Operation};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::Date;
use telovix_tetragon::interpret::Decided;

const CASES: u32 = 1_500;
const EVENTS: usize = 60;

fn lowered(text: &str) -> (Policy, SourceSet) {
    let sources = SourceSet::single("generated.yaml", text);
    let mut sink = Sink::default();
    let documents = document::read(&sources, &mut sink).documents;
    let as_of = Date::new(2026, 12, 1).expect("a date");
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut sink);
    assert!(!sink.has_errors(), "{text}\n{:?}", sink.into_sorted());
    (policy, sources)
}

/// How often policies were lowered and refused, and events got each effect.
#[derive(Default)]
struct Coverage {
    lowered: usize,
    refused: BTreeMap<String, usize>,
    effects: BTreeMap<(Operation, Effect), usize>,
    /// Events of which the interpreter is sure.
    sure: usize,
}

/// Returns whether an effect stops the operation. A report does not, which the image has none of; a native kill does.
fn stops(effect: Effect) -> bool {
    effect >= Effect::Kill
}

/// Returns the policy as the interpreter of Tetragon reads it.
fn decided(sources: &SourceSet) -> Decided {
    let mut policy = None;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut Sink::default(), |tree, sink| {
            policy = telovix_tetragon::read(&tree.root, sink).map(|policy| Decided::new(&policy));
        });
    }
    policy.expect("one TracingPolicy")
}

fn check(case: &Case, events: &[Event], coverage: &mut Coverage) -> Result<(), TestCaseError> {
    let text = case.text();
    let (policy, sources) = lowered(&text);
    let [placed] = policy.documents.as_slice() else { panic!("one document: {text}") };
    if let Some(obstacle) = placed.native.obstacles.first() {
        assert!(policy.native.is_empty(), "a hook is lowered as a whole or not at all: {text}");
        *coverage.refused.entry(obstacle.reason.to_string()).or_default() += 1;
        return Ok(());
    }
    coverage.lowered += 1;
    let mut sink = Sink::default();
    let image = pack(&policy.native, &sources, &mut sink)
        .ok_or_else(|| TestCaseError::fail(format!("{:?}:\n{text}", sink.into_sorted())))?;
    let interpreter = Interpreter::new(&image, |_| true);
    let tetragon = decided(&sources);
    for event in events {
        let written = effect(case, event);
        let judged = judge(&policy.native, event).effect;
        let packed = interpreter.decide_event(event).expect("events are complete").effect.name();
        *coverage.effects.entry((event.operation, written)).or_default() += 1;
        let ruling = tetragon.judge(event);
        coverage.sure += usize::from(ruling.least == ruling.most);
        // `/` is a path in the literal reading only.
        let is_root = event.path.as_deref() == Some("/");
        let is_read_so = if stops(written) { stops(ruling.most) } else { !stops(ruling.least) };
        if (stops(ruling.least) && !stops(judged)) || !(is_read_so || is_root) {
            let (least, most) = (ruling.least, ruling.most);
            let message =
                format!("written {written}, Tetragon {least} to {most}, judge {judged}:\n{text}\n{event:?}");
            return Err(TestCaseError::fail(message));
        }
        // More files have no path natively than in Tetragon, and `/` has one. A native kill refuses the operation as well.
        let has_other_path = event.anonymous == Some(true) || event.path.as_deref() == Some("/");
        let is_stricter = has_other_path && judged > Effect::Allow;
        if (judged != written && !is_stricter) || packed != judged.name() {
            let message = format!("written {written}, judge {judged}, image {packed}:\n{text}\n{event:?}");
            return Err(TestCaseError::fail(message));
        }
    }
    Ok(())
}

#[test]
fn judge_and_image_agree_with_a_literal_reading() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let coverage = std::cell::RefCell::new(Coverage::default());
    let input = case().prop_flat_map(|case| {
        let events = proptest::collection::vec(event(case.place), EVENTS);
        (proptest::strategy::Just(case), events)
    });
    let outcome = runner.run(&input, |(case, events)| check(&case, &events, &mut coverage.borrow_mut()));
    let coverage = coverage.into_inner();
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(coverage.lowered > CASES as usize / 4, "only {} policies were lowered", coverage.lowered);
    for operation in [Operation::Open, Operation::Exec, Operation::Connect, Operation::Capability] {
        for effect in [Effect::Allow, Effect::Kill, Effect::Deny] {
            let hits = coverage.effects.get(&(operation, effect)).copied().unwrap_or(0);
            assert!(hits >= 100, "{operation} {effect}: {hits} events");
        }
    }
    let judged: usize = coverage.effects.values().sum();
    assert!(coverage.sure * 2 > judged, "the interpreter is sure of {} of {judged} events", coverage.sure);
    assert!(coverage.refused.len() >= 4, "{:?}", coverage.refused);
}

/// What a policy must not be lowered to: nothing, without a word.
#[test]
fn what_enforces_is_lowered_or_refused() {
    let policy = |filter: &str| {
        format!(
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: telovix-custom-x}}\nspec:\n  \
             lsmhooks:\n  - hook: file_open\n    args: [{{index: 0, type: file}}]\n    selectors:\n    - {filter}\n      \
             matchActions: [{{action: Override, argError: -1}}]\n"
        )
    };
    let filters = [
        ("matchPIDs: [{operator: NotIn, values: [1]}]", "`matchPIDs` has no native form"),
        (
            "matchNamespaces: [{namespace: Pid, operator: In, values: [host_ns]}]",
            "`matchNamespaces` has no native form",
        ),
        (
            "matchArgs: [{index: 0, operator: Postfix, values: [.key]}]",
            "the operator `Postfix` on a path, or one of its values, has no native form",
        ),
        ("matchArgs: [{index: 0, operator: Equal, values: [etc/shadow]}]", "`etc/shadow` is not absolute"),
        (
            "matchParentBinaries: [{operator: In, values: [/bin/sh]}]",
            "natively a parent can exempt a process, but not select it",
        ),
    ];
    for (filter, reason) in filters {
        let text = policy(filter);
        let (lowered, sources) = lowered(&text);
        let obstacles = &lowered.documents.first().expect("one document").native.obstacles;
        let [obstacle] = obstacles.as_slice() else { panic!("one obstacle: {text}\n{obstacles:?}") };
        assert_eq!(obstacle.reason, reason);
        assert!(sources.locate(obstacle.span).ends_with(":9"), "{text}\n{}", sources.locate(obstacle.span));
    }
}
