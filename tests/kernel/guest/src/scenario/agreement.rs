//! Scenario files -> one outcome: what a file expects of kernels, the judge says and the packed image decides.

use std::collections::BTreeSet;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout;
use telovix_compiler::assessment as target;
use telovix_image::Interpreter;
use telovix_policy::confine::{Confinement, Effect, Operation};
use telovix_policy::judge::{Event, Index};

use super::deed::{Actor, Paths};
use super::{Outcome, Scenario, Step};
use crate::policy;

fn scenarios() -> Vec<(String, Scenario)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap());
        (name.clone(), scenario.unwrap_or_else(|error| panic!("{name}: {error:#}")))
    };
    files.iter().map(read).collect()
}

/// What a native target makes of an effect: a call that no hook covers ends its caller instead of being refused.
fn outcome(event: &Event, effect: Effect) -> Outcome {
    let covered = event.syscall.is_none_or(|call| target::covering(call).is_some());
    match effect {
        Effect::Kill => Outcome::Killed,
        Effect::Deny if event.operation == Operation::Syscall && !covered => Outcome::Killed,
        Effect::Deny => Outcome::Denied,
        Effect::Allow | Effect::Observe | Effect::Log => Outcome::Allowed,
    }
}

/// The first event that does not get through decides.
fn first(events: &[Event], decide: impl Fn(&Event) -> Effect) -> Outcome {
    let outcomes = events.iter().map(|event| outcome(event, decide(event)));
    outcomes.into_iter().find(|outcome| *outcome != Outcome::Allowed).unwrap_or(Outcome::Allowed)
}

fn effect(number: layout::Effect) -> Effect {
    match number {
        layout::Effect::Allow => Effect::Allow,
        layout::Effect::Observe => Effect::Observe,
        layout::Effect::Log => Effect::Log,
        layout::Effect::Kill => Effect::Kill,
        layout::Effect::Deny => Effect::Deny,
    }
}

fn both(confinements: &[Confinement], image: &Image, events: &[Event]) -> [Outcome; 2] {
    let (index, interpreter) = (Index::new(confinements), Interpreter::new(image, |_| true));
    let packed = |event: &Event| effect(interpreter.decide_event(event).expect("events are complete").effect);
    [first(events, |event| index.judge(event).effect), first(events, packed)]
}

fn difference(step: &Step, paths: &Paths, confinements: &[Confinement], image: &Image) -> Option<String> {
    let actor = step.actor.strip_prefix('@').map_or(Some(&step.actor), |name| paths.running.get(name))?;
    let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
    let events = match Actor::new(paths, actor).attempt(&words) {
        Ok(events) => events,
        Err(error) => return Some(format!("{error:#}")),
    };
    let [judged, packed] = both(confinements, image, &events);
    let expected = step.judged.as_ref().map_or(step.expected, |(outcome, _)| *outcome);
    let needless = step.judged.is_some() && expected == step.expected;
    (judged != expected || packed != expected || needless).then(|| {
        format!(
            "{actor}: {}: judge {judged}, image {packed}, expected {expected}, kernel {}",
            words.join(" "),
            step.expected
        )
    })
}

#[test]
fn judge_image_and_kernel_are_held_to_one_outcome() {
    let mut differences = Vec::new();
    for (name, scenario) in scenarios() {
        let (confinements, image) = policy::confinements_and_image(&name, &scenario.policy).unwrap();
        let paths = Paths::of(&scenario.setup);
        for step in scenario.steps.iter().filter(|step| step.actor != "host") {
            let found = difference(step, &paths, &confinements, &image);
            differences.extend(found.map(|text| format!("{name}: {text}")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_cell_is_shown_once() {
    let mut cells = BTreeSet::new();
    for (name, scenario) in scenarios() {
        for label in scenario.steps.iter().filter_map(|step| step.label.as_ref()) {
            let cell = (scenario.row.clone(), label.way.clone(), label.trick.clone());
            assert!(cells.insert(cell), "{name}: `{} | {}` comes twice", label.way, label.trick);
        }
    }
    assert!(cells.len() > 90, "there are {} cells", cells.len());
}
