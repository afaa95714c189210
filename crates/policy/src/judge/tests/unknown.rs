//! Checks the verdict on an event with missing fields against every way to fill them in.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{event, naive};
use crate::arbitrary::forget;
use crate::arbitrary::{BINARIES, PATHS, cases, confinements};
use crate::confine::{Access, AccessSet, Condition, Confinement, Effect, Operation, SocketType};
use crate::judge::{Event, Field, judge};
use crate::value::{Capability, Syscall};

/// Ancestors that confinements distinguish: one that adds nothing, and each subject.
const FURTHER: [&str; 4] = ["/x", "/a", "/d/a", "/b"];

/// Uses of files: each alone, and a few together.
fn accesses() -> Vec<AccessSet> {
    let pairs =
        [[Access::Read, Access::Execute], [Access::Link, Access::Write], [Access::Rename, Access::Delete]];
    let alone = Access::ALL.map(|access| AccessSet::default().with(access));
    alone.into_iter().chain(pairs.map(|pair| pair.into_iter().collect())).collect()
}

/// Lines of descent, nearest first, that begin with what is known.
fn lines(event: &Event) -> Vec<Vec<String>> {
    if let Some(line) = &event.ancestors {
        return vec![line.clone()];
    }
    let parents: Vec<&str> = event.parent.as_deref().map_or(BINARIES.to_vec(), |parent| vec![parent]);
    let mut lines = Vec::new();
    for parent in parents {
        lines.push(vec![parent.to_owned()]);
        lines.extend(FURTHER.map(|above| vec![parent.to_owned(), above.to_owned()]));
    }
    if event.parent.is_none() {
        lines.push(Vec::new());
    }
    lines
}

/// Every process that the event may be of.
fn processes(event: &Event) -> Vec<Event> {
    let known = |field: &Option<String>, values: &[&str]| match field {
        Some(value) => vec![value.clone()],
        None => values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let mut all = Vec::new();
    for binary in known(&event.binary, &BINARIES) {
        for line in lines(event) {
            for sensor in known(&event.sensor, &["", "s1", "s2"]) {
                for group in known(&event.group, &["", "g1", "g2"]) {
                    let (binary, sensor, group) =
                        (Some(binary.clone()), Some(sensor.clone()), Some(group.clone()));
                    let (parent, ancestors) = (line.first().cloned(), Some(line.clone()));
                    all.push(Event { binary, parent, ancestors, sensor, group, ..event.clone() });
                }
            }
        }
    }
    all
}

/// Fills in one field of every event by every value.
fn fill<T: Clone>(events: Vec<Event>, lacks: bool, values: &[T], put: impl Fn(&mut Event, T)) -> Vec<Event> {
    if !lacks {
        return events;
    }
    let filled = |event: Event| {
        let one = |value: &T| {
            let mut event = event.clone();
            put(&mut event, value.clone());
            event
        };
        values.iter().map(one).collect::<Vec<_>>()
    };
    events.into_iter().flat_map(filled).collect()
}

/// Everything that the event may say was done.
fn actions(event: &Event) -> Vec<Event> {
    let paths: Vec<String> = PATHS.into_iter().chain(["/", "/a/b", "/d/a/b"]).map(str::to_owned).collect();
    let all = vec![event.clone()];
    match event.operation {
        Operation::Exec if event.anonymous == Some(true) => all,
        Operation::Exec => {
            let lacks = event.path.is_none();
            let all = fill(all, lacks, &paths, |event, path| event.path = Some(path));
            fill(all, lacks && event.anonymous.is_none(), &[false, true], |event, anonymous| {
                event.anonymous = Some(anonymous);
            })
        }
        Operation::Open => {
            let all = fill(all, event.path.is_none(), &paths, |event, path| event.path = Some(path));
            fill(all, event.access.is_none(), &accesses(), |event, used| event.access = Some(used))
        }
        Operation::Connect => {
            let addresses = ["10.0.0.1", "10.128.0.1", "192.0.2.1", "2001:db8::1", "fe80::1", "::1"];
            let addresses = addresses.map(|address| address.parse().ok());
            let all =
                fill(all, event.address.is_none(), &addresses, |event, address| event.address = address);
            fill(all, event.port.is_none(), &[0, 80, 443, 1023, 1024, 8080, 65_535], |event, port| {
                event.port = Some(port);
            })
        }
        Operation::Capability => {
            let values = [0, 12, 21].map(Capability::from_number);
            fill(all, event.capability.is_none(), &values, |event, value| event.capability = value)
        }
        Operation::Syscall => {
            let values = ["ptrace", "chroot", "read"].map(|name| Syscall::parse(name).ok());
            fill(all, event.syscall.is_none(), &values, |event, value| event.syscall = value)
        }
        Operation::Socket => {
            let all = fill(all, event.family.is_none(), &[1, 2, 17, 30], |event, family| {
                event.family = Some(family);
            });
            fill(all, event.socket_type.is_none(), &SocketType::ALL, |event, kind| {
                event.socket_type = Some(kind);
            })
        }
        _ => all,
    }
}

/// The effect, evaluated naively; a rename includes everything below the path.
fn effect(confinements: &[Confinement], event: &Event) -> Effect {
    let mut strongest = naive(confinements, event);
    let renames =
        event.operation == Operation::Open && event.access.is_some_and(|used| used.contains(Access::Rename));
    let Some(folder) = event.path.as_ref().filter(|_| renames) else { return strongest };
    let below = format!("{}/", folder.trim_end_matches('/'));
    let fresh = ["q", "a/q"].map(|name| format!("{below}{name}"));
    for path in PATHS.into_iter().map(str::to_owned).chain(fresh).filter(|path| path.starts_with(&below)) {
        let access = Some(AccessSet::default().with(Access::Rename));
        strongest = strongest.max(naive(confinements, &Event { path: Some(path), access, ..event.clone() }));
    }
    strongest
}

/// The value of a field, as text; of the ancestors, those before the parent.
fn value(event: &Event, field: Field) -> String {
    match field {
        Field::Binary => format!("{:?}", event.binary),
        Field::Parent => format!("{:?}", event.parent),
        Field::Ancestors => format!("{:?}", event.ancestors.iter().flatten().skip(1).collect::<Vec<_>>()),
        Field::Uid => String::new(),
        Field::Sensor => format!("{:?}", event.sensor),
        Field::Group => format!("{:?}", event.group),
        Field::Path => format!("{:?}", event.path),
        Field::Access => format!("{:?}", event.access),
        Field::Anonymous => format!("{:?}", event.anonymous),
        Field::Address => format!("{:?}", event.address),
        Field::Port => format!("{:?}", event.port),
        Field::Capability => format!("{:?}", event.capability),
        Field::Syscall => format!("{:?}", event.syscall),
        Field::Family => format!("{:?}", event.family),
        Field::Type => format!("{:?}", event.socket_type),
    }
}

/// Returns whether two of the events differ in this field alone and in their effect.
fn decides(field: Field, judged: &[(Event, Effect)]) -> bool {
    let mut groups: BTreeMap<Vec<String>, Effect> = BTreeMap::new();
    judged.iter().any(|(event, effect)| {
        let others = Field::ALL.into_iter().filter(|other| *other != field);
        let others: Vec<_> = others.map(|other| value(event, other)).collect();
        *groups.entry(others).or_insert(*effect) != *effect
    })
}

/// Adds renaming to some conditions on files.
fn with_renames() -> impl Strategy<Value = Vec<Confinement>> {
    (confinements(), any::<bool>()).prop_map(|(mut confinements, renames)| {
        for confinement in &mut confinements {
            if let Condition::Open { accesses, .. } = &mut confinement.condition
                && renames
                && !accesses.is_empty()
            {
                *accesses = accesses.with(Access::Rename);
            }
        }
        confinements
    })
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_verdict_is_the_one_that_all_completions_share(
        confinements in with_renames(),
        whole in event(),
        forgotten in subsequence(Field::ALL.to_vec(), 1..15),
        mentioned in any::<bool>(),
    ) {
        // Half of the time the whole policy is about the operation of the event.
        let mut confinements = confinements;
        if mentioned {
            confinements.retain(|confinement| confinement.operation == whole.operation);
        }
        let partial = forget(&whole, &forgotten);
        let complete: Vec<Event> = actions(&partial).iter().flat_map(processes).collect();
        let judged: Vec<(Event, Effect)> =
            complete.into_iter().map(|event| { let effect = effect(&confinements, &event); (event, effect) }).collect();
        let least = judged.iter().map(|(_, effect)| *effect).min();
        let most = judged.iter().map(|(_, effect)| *effect).max();
        let verdict = judge(&confinements, &partial);
        prop_assert_eq!((Some(verdict.at_least), Some(verdict.effect)), (least, most), "{:?}", partial);
        prop_assert_eq!(verdict.depends_on.is_empty(), least == most, "{:?}", partial);
        if judged.len() < 2_000 {
            for field in Field::ALL {
                let named = verdict.depends_on.contains(field);
                let deciding = decides(field, &judged);
                prop_assert!(deciding || !named, "{} is named and decides nothing: {:?}", field, partial);
                // If the parent is one of the `ancestors`, their order is known.
                prop_assert!(named || !deciding || field == Field::Parent, "{} is not named: {:?}", field, partial);
            }
        }
    }

    #[test]
    fn a_set_and_its_complement_leave_nothing_open(effect in select(vec![Effect::Log, Effect::Deny]), text in select(vec!["/a", "/d/"])) {
        use crate::confine::PathSet;
        use crate::arbitrary::plain;
        use crate::value::PathPattern;
        let pattern = PathPattern::parse(text).expect("a pattern");
        let paths: PathSet = [&pattern].into_iter().collect();
        let of = |paths, anonymous| plain(0, Operation::Exec, Condition::Exec { paths, anonymous }, effect);
        let both = [of(paths.clone(), false), of(paths.complement(), true)];
        let verdict = judge(&both, &Event::new(Operation::Exec));
        prop_assert_eq!((verdict.effect, verdict.depends_on.is_empty()), (effect, true));
        let one = judge(&both[..1], &Event::new(Operation::Exec));
        prop_assert!(one.depends_on.contains(Field::Path) && one.depends_on.contains(Field::Anonymous));
    }
}
