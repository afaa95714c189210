//! Compares the image with the judge, over policies and events at every boundary.

mod boundary;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout;
use telovix_compare::{Direction, Side, compare};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_policy::arbitrary::{actions, confinements, forget, join, plain, processes};
use telovix_policy::confine::{
    Access, Condition, Confinement, Effect, Exemption, Operation, PathSet, SocketSet, SocketType, Subject,
};
use telovix_policy::judge::{Event, Field, Index, Reason, Verdict, judge};
use telovix_policy::value::{AbsolutePath, Children, PathPattern};

use super::*;

fn try_pack(confinements: &[Confinement]) -> Result<Image, Vec<&'static str>> {
    let mut sink = Sink::default();
    let sources = SourceSet::single("policy.yaml", "");
    let codes = |sink: Sink| sink.into_sorted().iter().map(|finding| finding.code.id).collect();
    pack(confinements, &sources, &mut sink).ok_or_else(|| codes(sink))
}

fn packed(confinements: &[Confinement]) -> Image {
    try_pack(confinements).expect("the policy fits an image")
}

/// Decides an event by the image, on the event's host.
fn decide(image: &Image, event: &Event) -> Outcome {
    let holds = |scope: &str| match scope.split_once(':') {
        Some(("sensor", name)) => event.sensor.as_deref() == Some(name),
        Some(("group", name)) => event.group.as_deref() == Some(name),
        _ => false,
    };
    Interpreter::new(image, holds).decide_event(event).expect("the event is complete")
}

/// Fails unless image and judge give the event the same effect for the same reason.
fn agree(image: &Image, confinements: &[Confinement], event: &Event) -> Result<(), TestCaseError> {
    let verdict = judge(confinements, event);
    let outcome = decide(image, event);
    prop_assert_eq!(outcome.effect.name(), verdict.effect.name(), "{:?}", event);
    if verdict.effect > Effect::Allow {
        let rule = verdict.decision.and_then(|decision| u32::try_from(decision.index).ok());
        prop_assert_eq!(outcome.rule, rule, "{:?}", event);
    }
    Ok(())
}

fn packable(confinements: Vec<Confinement>) -> Vec<Confinement> {
    confinements.into_iter().filter(|confinement| kernel::kernel_operation(confinement).is_some()).collect()
}

proptest! {
    #[test]
    fn image_and_judge_agree_over_the_small_universe(
        confinements in confinements().prop_map(packable),
        events in prop::collection::vec((select(processes()), select(actions())), 64),
    ) {
        let image = packed(&confinements);
        for (process, action) in events {
            agree(&image, &confinements, &join(&process, &action))?;
        }
    }

    #[test]
    fn image_and_judge_agree_on_what_is_unknown(
        confinements in confinements().prop_map(packable),
        events in prop::collection::vec((select(processes()), select(actions())), 4),
        forgotten in prop::sample::subsequence(Field::ALL.to_vec(), 1..6),
    ) {
        let image = packed(&confinements);
        let recovered = recover(&image).expect("what a compile packs");
        let bytes = ImageJudge::new(&image, &recovered);
        for (process, action) in events {
            let event = forget(&join(&process, &action), &forgotten);
            let (judged, packed) = (judge(&confinements, &event), bytes.judge(&event));
            let judged = (judged.effect, judged.at_least, judged.depends_on);
            prop_assert_eq!((packed.effect, packed.at_least, packed.depends_on), judged, "{:?}", event);
        }
    }

    #[test]
    fn image_and_judge_agree_at_every_boundary(
        confinements in boundary::policy(),
        events in prop::collection::vec(boundary::event(), 64),
    ) {
        let image = packed(&confinements);
        prop_assert_eq!(Image::read(&image.write()), Ok(image.clone()));
        for event in events {
            agree(&image, &confinements, &event)?;
        }
    }
}

/// Shows what the generator above reaches: `cargo test -p telovix-image coverage -- --nocapture`.
#[test]
#[allow(clippy::print_stderr, reason = "the counts are what the test is for")]
fn the_generator_has_coverage_of_every_case() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<String, usize> = CASES.iter().map(|(case, _)| ((*case).to_owned(), 0)).collect();
    for operation in Operation::ALL {
        for effect in Effect::ALL {
            counts.insert(format!("{operation}: {effect}"), 0);
        }
    }
    for _ in 0..600 {
        let confinements = boundary::policy().new_tree(&mut runner).expect("a policy").current();
        let image = packed(&confinements);
        for _ in 0..40 {
            let event = boundary::event().new_tree(&mut runner).expect("an event").current();
            agree(&image, &confinements, &event).expect("image and judge agree");
            let verdict = judge(&confinements, &event);
            *counts.entry(format!("{}: {}", event.operation, verdict.effect)).or_default() += 1;
            for (case, holds) in CASES {
                *counts.entry((*case).to_owned()).or_default() += usize::from(holds(&event, &verdict));
            }
        }
    }
    for (case, count) in &counts {
        eprintln!("{count:>7}  {case}");
    }
    let missed: Vec<&String> =
        counts.iter().filter(|(_, count)| **count == 0).map(|(case, _)| case).collect();
    assert!(missed.is_empty(), "never generated: {missed:?}");
}

type Case = (&'static str, fn(&Event, &Verdict<'_>) -> bool);

/// Cases that must occur, in addition to every operation with every effect.
const CASES: &[Case] = &[
    ("a name of 27 bytes decides", |event, verdict| decides_by_name(event, verdict, 27)),
    ("a name of 28 bytes decides", |event, verdict| decides_by_name(event, verdict, 28)),
    ("a name of 29 bytes decides", |event, verdict| decides_by_name(event, verdict, 29)),
    ("a name of 56 bytes decides", |event, verdict| decides_by_name(event, verdict, 56)),
    ("a name of 255 bytes decides", |event, verdict| decides_by_name(event, verdict, 255)),
    ("the root directory", |event, verdict| event.path.as_deref() == Some("/") && acts(verdict)),
    ("a rename is judged by what lies below", |event, verdict| {
        let path = event.path.as_deref().unwrap_or_default();
        let renames = event.access.is_some_and(|access| access.contains(Access::Rename));
        renames && open_paths(verdict).is_some_and(|paths| !paths.contains(path) && paths.reaches_below(path))
    }),
    ("anonymous memory is executed", |event, verdict| event.anonymous == Some(true) && acts(verdict)),
    ("an IPv4 address decides", |event, verdict| {
        event.address.is_some_and(|address| address.is_ipv4()) && acts(verdict)
    }),
    ("an IPv6 address decides", |event, verdict| {
        event.address.is_some_and(|address| address.is_ipv6()) && acts(verdict)
    }),
    ("the last address of all", |event, verdict| {
        event.address.is_some_and(|address| address.to_string().starts_with("ffff:ffff")) && acts(verdict)
    }),
    ("port 0", |event, verdict| event.port == Some(0) && acts(verdict)),
    ("port 65535", |event, verdict| event.port == Some(65_535) && acts(verdict)),
    ("port 65535 is allowed", |event, verdict| event.port == Some(65_535) && !acts(verdict)),
    ("the last capability", |event, verdict| {
        event.capability.is_some_and(|capability| capability.number() == 40) && acts(verdict)
    }),
    ("a call that only ia32 has", |event, verdict| {
        event.syscall.is_some_and(|call| call.number().is_none()) && acts(verdict)
    }),
    ("everyone", |_, verdict| subject(verdict) == Some(&Subject::Everyone)),
    ("a binary", |_, verdict| matches!(subject(verdict), Some(Subject::Binary(_)))),
    ("a base name", |_, verdict| matches!(subject(verdict), Some(Subject::BaseName(_)))),
    ("a process stays in what it descends from", |event, verdict| {
        let binary = event.binary.as_deref().unwrap_or_default();
        acts(verdict) && subject(verdict).is_some_and(|subject| !subject.matches(binary))
    }),
    ("an exemption by process", |_, verdict| exempts(verdict, true, false)),
    ("an exemption by parent", |_, verdict| exempts(verdict, false, true)),
    ("an exemption by both", |_, verdict| exempts(verdict, true, true)),
    ("a pack is not enforced", |_, verdict| verdict.effect == Effect::Observe),
    ("a scope is active", |_, verdict| {
        let decision = verdict.decision.as_ref().filter(|_| acts(verdict));
        decision.is_some_and(|decision| decision.confinement.scope != telovix_policy::value::Scope::Fleet)
    }),
];

fn acts(verdict: &Verdict<'_>) -> bool {
    verdict.effect > Effect::Allow
}

fn subject<'policy>(verdict: &Verdict<'policy>) -> Option<&'policy Subject> {
    verdict.decision.as_ref().filter(|_| acts(verdict)).map(|decision| &decision.confinement.subject)
}

fn open_paths<'policy>(verdict: &Verdict<'policy>) -> Option<&'policy PathSet> {
    match &verdict.decision.as_ref().filter(|_| acts(verdict))?.confinement.condition {
        Condition::Open { paths, .. } => Some(paths),
        _ => None,
    }
}

fn decides_by_name(event: &Event, verdict: &Verdict<'_>, length: usize) -> bool {
    let name = event.path.as_deref().and_then(|path| path.rsplit('/').next());
    acts(verdict) && name.is_some_and(|name| name.len() == length)
}

fn exempts(verdict: &Verdict<'_>, process: bool, parent: bool) -> bool {
    verdict.decision.as_ref().is_some_and(|decision| match decision.reason {
        Reason::Exempts(exemption) => {
            (exemption.process.is_some(), exemption.parent.is_some()) == (process, parent)
        }
        _ => false,
    })
}

/// A profile that allows `/data` to `/opt/amf/bin/amf`, and nothing else.
fn profile() -> Confinement {
    let listed: PathSet = [PathPattern::parse("/data").expect("a pattern")].iter().collect();
    let accesses = [Access::Read, Access::Rename].into_iter().collect();
    let condition = Condition::Open { paths: listed.complement(), accesses };
    let subject = Subject::Binary(AbsolutePath::parse("/opt/amf/bin/amf").expect("a path"));
    Confinement { subject, ..plain(0, Operation::Open, condition, Effect::Deny) }
}

#[test]
fn a_path_deeper_than_what_is_kept_of_it_is_decided_by_its_topmost_components() {
    let image = packed(&[profile()]);
    let interpreter = Interpreter::new(&image, |_| true);
    let open = |binary, depth| {
        let task = Task { binary: Some(binary), ..Task::default() };
        let path = format!("/data{}", "/d".repeat(depth - 1));
        interpreter.decide(task, Action::File(&path, layout::Access::READ)).effect
    };
    assert_eq!(open("/opt/amf/bin/amf", layout::PATH_DEPTH), layout::Effect::Allow);
    assert_eq!(open("/opt/amf/bin/amf", layout::PATH_DEPTH + 1), layout::Effect::Allow);
    assert_eq!(open("/bin/sh", layout::PATH_DEPTH + 1), layout::Effect::Allow);
}

#[test]
fn every_number_of_a_call_is_confined() {
    let calls =
        ["ptrace"].iter().filter_map(|name| telovix_policy::value::Syscall::parse(name).ok()).collect();
    let image = packed(&[plain(0, Operation::Syscall, Condition::Syscall(calls), Effect::Kill)]);
    let interpreter = Interpreter::new(&image, |_| true);
    let enter = |entry, number| interpreter.decide(Task::default(), Action::Syscall(entry, number)).effect;
    let x32 = 1 << 30;
    for (entry, number) in
        [(Entry::X86_64, 101), (Entry::X86_64, x32 | 101), (Entry::X86_64, x32 | 521), (Entry::Ia32, 26)]
    {
        assert_eq!(enter(entry, number), layout::Effect::Kill, "{entry:?} {number}");
    }
    for (entry, number) in [(Entry::X86_64, 26), (Entry::X86_64, 521), (Entry::Ia32, 101), (Entry::Ia32, 512)]
    {
        assert_eq!(enter(entry, number), layout::Effect::Allow, "{entry:?} {number}");
    }
}

#[test]
fn an_event_without_its_fields_is_unknown_and_never_allowed() {
    let every = |operation, condition| plain(0, operation, condition, Effect::Deny);
    let calls = telovix_policy::confine::SyscallSet::all();
    let confinements = [
        every(
            Operation::Open,
            Condition::Open { paths: PathSet::all(), accesses: [Access::Write].into_iter().collect() },
        ),
        // Every named call: one without a name is in no list.
        every(Operation::Syscall, Condition::Syscall(calls)),
        every(Operation::Ptrace, Condition::Always),
    ];
    let image = packed(&confinements);
    let recovered = recover(&image).expect("what a compile packs");
    let verdict = |operation| {
        let verdict = ImageJudge::new(&image, &recovered).judge(&Event::new(operation));
        (verdict.effect, verdict.at_least, verdict.depends_on.iter().collect::<Vec<_>>())
    };
    assert_eq!(verdict(Operation::Open), (Effect::Deny, Effect::Allow, vec![Field::Access]));
    assert_eq!(verdict(Operation::Syscall), (Effect::Deny, Effect::Allow, vec![Field::Syscall]));
    assert_eq!(verdict(Operation::Ptrace), (Effect::Deny, Effect::Deny, vec![]));
}

#[test]
fn a_rule_on_every_call_decides_calls_without_a_name() {
    let process =
        Event { binary: Some("/a".into()), ancestors: Some(Vec::new()), ..Event::new(Operation::Syscall) };
    let judged = |condition| {
        let image = packed(&[plain(0, Operation::Syscall, condition, Effect::Log)]);
        let recovered = recover(&image).expect("what a compile packs");
        let verdict = ImageJudge::new(&image, &recovered).judge(&process);
        (verdict.effect, verdict.at_least, verdict.depends_on.iter().collect::<Vec<_>>())
    };
    assert_eq!(judged(Condition::Always), (Effect::Log, Effect::Log, vec![]));
    let named = Condition::Syscall(telovix_policy::confine::SyscallSet::all());
    assert_eq!(judged(named), (Effect::Log, Effect::Allow, vec![Field::Syscall]));
}

#[test]
fn refuses_what_the_image_cannot_contain() {
    let sockets = Condition::Socket(SocketSet::of(&[1], &[SocketType::Stream]));
    let unix = plain(0, Operation::Socket, sockets, Effect::Deny);
    assert_eq!(try_pack(&[unix]).unwrap_err(), ["unpackable-condition"]);

    let deep = |depth: usize| {
        let listed: PathSet = [PathPattern::parse(&"/d".repeat(depth)).expect("a pattern")].iter().collect();
        plain(0, Operation::Exec, Condition::Exec { paths: listed, anonymous: false }, Effect::Deny)
    };
    assert_eq!(try_pack(&[deep(65)]).unwrap_err(), ["path-too-deep"]);
    assert!(try_pack(&[deep(64)]).is_ok());
}

#[test]
fn profiles_of_one_shape_share_their_tables() {
    let profiles: Vec<Confinement> = (0..50)
        .map(|number| {
            let path = AbsolutePath::parse(&format!("/opt/nf{number}")).expect("a path");
            Confinement { subject: Subject::Binary(path), ..profile() }
        })
        .collect();
    let (one, many) = (packed(&profiles[..1]), packed(&profiles));
    let edges = |image: &Image| image.count(layout::Section::Edges);
    // In addition to the first profile's edges: one edge for each further subject.
    assert_eq!(edges(&many) - edges(&one), 49);
    assert_eq!(many.count(layout::Section::Domains), 51);
}

#[test]
fn a_lost_condition_does_not_pass_the_round_trip() {
    let whole = profile();
    let narrower =
        Condition::Open { paths: PathSet::default(), accesses: [Access::Read].into_iter().collect() };
    let inherited = Confinement { children: Children::Inherit, ..whole.clone() };
    let held = Confinement { gate: telovix_policy::confine::Gate::Held, ..whole.clone() };
    for other in [Confinement { condition: narrower, ..whole.clone() }, inherited, held] {
        assert!(
            check(&packed(std::slice::from_ref(&other)), std::slice::from_ref(&whole)).is_err(),
            "{other:?}"
        );
        assert!(check(&packed(std::slice::from_ref(&whole)), &[other]).is_err());
    }
    assert_eq!(check(&packed(std::slice::from_ref(&whole)), &[whole]), Ok(()));
}

/// The exemption covers the whole subject: a domain without executables remains.
#[test]
fn a_rule_that_confines_no_process_is_recovered() {
    let everybody = Exemption {
        process: Some(PathPattern::parse("/").expect("a pattern")),
        parent: None,
        span: Span::NOWHERE,
        reason: "upgrade window".to_owned(),
        owner: None,
        expiry: None,
    };
    let policy = [Confinement {
        subject: Subject::BaseName("b".to_owned()),
        exemptions: vec![everybody],
        ..plain(0, Operation::Exec, Condition::Always, Effect::Log)
    }];
    let recovered = recover(&packed(&policy)).expect("what a compile packs");
    let (old, new) = (Side::of_confinements(&policy), Side::of_confinements(&recovered));
    assert_eq!(compare(&old, &new).direction, Direction::Equal);
}

proptest! {
    #![proptest_config(telovix_policy::arbitrary::cases(32))]

    #[test]
    fn what_is_recovered_means_what_was_packed(policy in confinements()) {
        let policy = packable(policy);
        let recovered = recover(&packed(&policy)).expect("what a compile packs");
        let (old, new) = (Side::of_confinements(&policy), Side::of_confinements(&recovered));
        let difference = compare(&old, &new);
        prop_assert_eq!(difference.direction, Direction::Equal, "{:?}", difference.subjects);
        let (old, new) = (Index::new(&policy), Index::new(&recovered));
        for process in processes() {
            for action in actions() {
                let event = join(&process, &action);
                prop_assert_eq!(old.judge(&event).effect, new.judge(&event).effect, "{:?}", event);
            }
        }
    }
}
