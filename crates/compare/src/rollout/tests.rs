//! Valid steps of a rollout, each next to the smallest one that is too large.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower;
use telovix_policy::value::Date;

use super::guard;
use crate::{Side, compare};

fn steps(before: &str, after: &str) -> Vec<&'static str> {
    let read = |text: &str| {
        let sources = SourceSet::single("guard/0.1.0/policy.yaml", text);
        let documents = document::read(&sources, &mut Sink::default()).documents;
        let as_of = Date::parse("2026-11-20").expect("a date");
        let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut Sink::default());
        (policy, sources)
    };
    let ((old, old_sources), (new, new_sources)) = (read(before), read(after));
    let (old, new) = (Side::of_policy(&old, &old_sources), Side::of_policy(&new, &new_sources));
    let mut sink = Sink::default();
    guard(&compare(&old, &new), &mut sink);
    sink.into_sorted().into_iter().map(|found| found.code.id).collect()
}

fn profile(mode: &str, spawns: &str) -> String {
    format!(
        "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: {mode}\nallowed_spawns: [{spawns}]\n"
    )
}

fn pack(state: &str) -> String {
    format!(
        "kind: PolicyPack\npack_id: guard\nversion: 0.1.0\npack_kind: guard\nenforcement_capable: true\nstate: {state}\n"
    )
}

#[test]
fn modes_rise_one_step_at_a_time() {
    let step = |from: &str, to: &str| steps(&profile(from, "/bin/id"), &profile(to, "/bin/id"));
    assert_eq!(step("observe", "enforce"), ["mode-skipped-step"]);
    assert_eq!(step("observe", "audit"), [""; 0]);
    assert_eq!(step("enforce", "observe"), [""; 0]);
}

#[test]
fn lists_and_mode_change_apart() {
    let narrowed = profile("enforce", "");
    assert_eq!(steps(&profile("audit", "/bin/id"), &narrowed), ["match-and-mode-together"]);
    assert_eq!(steps(&profile("enforce", "/bin/id"), &narrowed), [""; 0]);
    assert_eq!(steps("", &narrowed), ["match-and-mode-together"]);
}

#[test]
fn packs_take_the_steps_of_the_product() {
    assert_eq!(steps(&pack("observe"), &pack("enforced")), ["pack-skipped-step"]);
    assert_eq!(steps(&pack("observe"), &pack("enforce_ready")), [""; 0]);
    assert_eq!(steps(&pack("enforced"), &pack("observe")), [""; 0]);
}
