//! Confinements over a small universe, and every event of it, for exhaustive tests.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use telovix_diagnostic::source::{SourceSet, Span};

use crate::confine::{
    Access, Action, CapabilitySet, Condition, Confinement, Dimension, DocumentKind, DocumentReference,
    Effect, Endpoint, EndpointSet, Exemption, Gate, Listing, Operation, PathSet, PortSet, SocketSet,
    SocketType, Subject, SyscallSet,
};
use crate::judge::{Event, Field};
use crate::value::{AbsolutePath, Capability, Cidr, PathPattern, PortRange, Syscall};
use crate::value::{Children, Scope};

/// The operations of the universe: each shape of condition, and one without parts.
pub const OPERATIONS: [Operation; 7] = [
    Operation::Exec,
    Operation::Open,
    Operation::Connect,
    Operation::Capability,
    Operation::Syscall,
    Operation::Socket,
    Operation::Mount,
];

/// The executables of the universe: below `/a`, below `/d/` and elsewhere, each with a subject's own path or
/// base name and without. Exemptions and subjects distinguish no others.
pub const BINARIES: [&str; 8] = ["/a", "/a/b", "/a/x", "/d/a", "/d/b", "/d/x", "/b", "/x"];

/// The files of the universe, one in each part that patterns distinguish.
pub const PATHS: [&str; 6] = ["/a", "/d", "/d/a", "/d/ax", "/d/x", "/x"];

const PATTERNS: [&str; 7] = ["/", "/a", "/d", "/d/", "/d/a", "/d/a*", "/*"];

/// A span, for values that need one.
pub fn span() -> Span {
    let sources = SourceSet::single("policy.yaml", "");
    let id = sources.iter().next().map(|(id, _)| id);
    Span::start_of(id.expect("one source"))
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    select(PATTERNS.to_vec()).prop_filter_map("valid", |text| PathPattern::parse(text).ok())
}

fn paths() -> impl Strategy<Value = PathSet> {
    (vec(pattern(), 0..3), any::<bool>()).prop_map(|(patterns, listed)| {
        let set: PathSet = patterns.iter().collect();
        if listed { set } else { set.complement() }
    })
}

fn endpoints() -> impl Strategy<Value = EndpointSet> {
    let cidr = select(vec!["10.0.0.0/8", "10.0.0.0/9", "0.0.0.0/0", "2001:db8::/32"]);
    let ports = vec(select(vec!["443", "0-1023", "1024-65535"]), 0..3);
    (vec(cidr, 0..3), ports, any::<bool>()).prop_map(|(cidrs, ports, listed)| {
        let cidrs = cidrs.into_iter().filter_map(|text| Cidr::parse(text).ok());
        let ports: PortSet = ports.into_iter().filter_map(|text| PortRange::parse(text).ok()).collect();
        let set = EndpointSet::product(cidrs, &ports);
        if listed { set } else { set.complement() }
    })
}

fn capabilities() -> impl Strategy<Value = CapabilitySet> {
    (vec(select(vec![0_u8, 21]), 0..3), any::<bool>()).prop_map(|(numbers, listed)| {
        let set: CapabilitySet = numbers.into_iter().filter_map(Capability::from_number).collect();
        if listed { set } else { set.complement() }
    })
}

fn condition(operation: Operation) -> BoxedStrategy<Condition> {
    let parted = match operation {
        Operation::Exec => (paths(), any::<bool>())
            .prop_map(|(paths, anonymous)| Condition::Exec { paths, anonymous })
            .boxed(),
        Operation::Open => (paths(), vec(select(vec![Access::Read, Access::Write, Access::Execute]), 0..3))
            .prop_map(|(paths, accesses)| Condition::Open { paths, accesses: accesses.into_iter().collect() })
            .boxed(),
        Operation::Connect => endpoints().prop_map(Condition::Connect).boxed(),
        Operation::Capability => capabilities().prop_map(Condition::Capability).boxed(),
        Operation::Syscall => vec(select(vec!["ptrace", "chroot"]), 0..3)
            .prop_map(|names| {
                let calls = names.into_iter().filter_map(|name| Syscall::parse(name).ok());
                Condition::Syscall(calls.collect::<SyscallSet>())
            })
            .boxed(),
        Operation::Socket => {
            (vec(select(vec![2_u16, 17]), 0..3), vec(select(vec![SocketType::Raw, SocketType::Stream]), 0..3))
                .prop_map(|(families, types)| Condition::Socket(SocketSet::of(&families, &types)))
                .boxed()
        }
        _ => return Just(Condition::Always).boxed(),
    };
    prop_oneof![9 => parted, 1 => Just(Condition::Always)].boxed()
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        3 => select(vec!["/a", "/d/a"])
            .prop_filter_map("valid", |path| AbsolutePath::parse(path).ok().map(Subject::Binary)),
        1 => Just(Subject::BaseName("b".to_owned())),
        1 => Just(Subject::Everyone),
    ]
}

fn exemption() -> impl Strategy<Value = Exemption> {
    let pattern =
        || select(vec!["/a", "/d/", "/"]).prop_filter_map("valid", |text| PathPattern::parse(text).ok());
    (option::of(pattern()), option::of(pattern())).prop_map(|(process, parent)| Exemption {
        process,
        parent,
        span: span(),
        reason: "upgrade window".to_owned(),
        owner: None,
        expiry: None,
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        6 => Just(Scope::Fleet),
        1 => Just(Scope::Sensor("s1".to_owned())),
        1 => Just(Scope::Group("g1".to_owned())),
    ]
}

/// Any confinement of a document, over the universe.
pub fn confinement(document: u8) -> impl Strategy<Value = Confinement> {
    let operation = select(OPERATIONS.to_vec());
    let what = operation.prop_flat_map(|operation| (Just(operation), condition(operation)));
    let children = prop_oneof![4 => Just(Children::Leave), 1 => Just(Children::Inherit)];
    let gate = prop_oneof![6 => Just(Gate::Active), 1 => Just(Gate::Held)];
    let effect = select(vec![Effect::Log, Effect::Kill, Effect::Deny]);
    let exemptions = prop_oneof![3 => Just(Vec::new()), 1 => vec(exemption(), 1..3)];
    (subject(), children, what, effect, gate, scope(), exemptions).prop_map(
        move |(subject, children, (operation, condition), effect, gate, scope, exemptions)| {
            let plain = plain(document, operation, condition, effect);
            Confinement { subject, children, gate, scope, exemptions, ..plain }
        },
    )
}

/// The confinement of every process on every host.
pub fn plain(document: u8, operation: Operation, condition: Condition, effect: Effect) -> Confinement {
    Confinement {
        document: Arc::new(DocumentReference {
            kind: DocumentKind::EnforcementRule,
            id: format!("rule-{document}"),
            name: format!("rule {document}"),
        }),
        dimension: Dimension::Template,
        span: span(),
        subject: Subject::Everyone,
        children: Children::Leave,
        operation,
        condition,
        effect,
        gate: Gate::Active,
        scope: Scope::Fleet,
        exemptions: Vec::new(),
        listing: Listing::Blocks,
        members: Vec::new(),
        waivers: Arc::default(),
    }
}

/// Up to five confinements of up to four documents.
pub fn confinements() -> impl Strategy<Value = Vec<Confinement>> {
    vec((0..4_u8).prop_flat_map(confinement), 0..6)
}

/// Every process of the universe: executable, parent and grandparent or neither, and host.
pub fn processes() -> Vec<Event> {
    // A grandparent matters only as a subject whose children inherit its profile.
    let lines =
        BINARIES.iter().flat_map(|parent| ["/a", "/d/a", "/b", "/x"].map(|above| vec![*parent, above]));
    let lines: Vec<Vec<&str>> = lines.chain([Vec::new()]).collect();
    let mut processes = Vec::new();
    for (binary, line) in BINARIES.iter().flat_map(|binary| lines.iter().map(move |line| (*binary, line))) {
        for (sensor, group) in [("", ""), ("s1", ""), ("", "g1"), ("s1", "g1")] {
            processes.push(Event {
                binary: Some(binary.to_owned()),
                parent: line.first().map(|&parent| parent.to_owned()),
                ancestors: Some(line.iter().map(|&ancestor| ancestor.to_owned()).collect()),
                sensor: Some(sensor.to_owned()),
                group: Some(group.to_owned()),
                ..Event::new(Operation::Exec)
            });
        }
    }
    processes
}

/// Everything that one process of the universe can do, one access at a time.
pub fn actions() -> Vec<Event> {
    let mut actions = Vec::new();
    let new = Event::new;
    for path in PATHS {
        actions.push(Event { path: Some(path.to_owned()), ..new(Operation::Exec) });
        for access in [Access::Read, Access::Write, Access::Execute, Access::Link] {
            let access = Some([access].into_iter().collect());
            actions.push(Event { path: Some(path.to_owned()), access, ..new(Operation::Open) });
        }
    }
    actions.push(Event { anonymous: Some(true), ..new(Operation::Exec) });
    for address in ["10.0.0.1", "10.128.0.1", "192.0.2.1", "2001:db8::1", "fe80::1"] {
        for port in [443, 80, 8080] {
            actions.push(Event {
                address: address.parse().ok(),
                port: Some(port),
                ..new(Operation::Connect)
            });
        }
    }
    for number in [0, 21, 12] {
        actions.push(Event { capability: Capability::from_number(number), ..new(Operation::Capability) });
    }
    for name in ["ptrace", "chroot", "read"] {
        actions.push(Event { syscall: Syscall::parse(name).ok(), ..new(Operation::Syscall) });
    }
    for family in [2, 17, 1] {
        for kind in [SocketType::Raw, SocketType::Stream, SocketType::Datagram] {
            actions.push(Event { family: Some(family), socket_type: Some(kind), ..new(Operation::Socket) });
        }
    }
    actions.push(new(Operation::Mount));
    actions
}

/// Returns the event in which a process does an action.
pub fn join(process: &Event, action: &Event) -> Event {
    Event {
        binary: process.binary.clone(),
        parent: process.parent.clone(),
        ancestors: process.ancestors.clone(),
        sensor: process.sensor.clone(),
        group: process.group.clone(),
        ..action.clone()
    }
}

/// Returns the action of an event without its process; none for an open with several accesses.
pub fn action(event: &Event) -> Option<Action> {
    let path = || event.path.clone();
    Some(match event.operation {
        Operation::Exec if event.anonymous == Some(true) => Action::Exec(None),
        Operation::Exec => Action::Exec(Some(path()?)),
        Operation::Open => Action::Open(path()?, event.access?.iter().next()?),
        Operation::Connect => Action::Connect(Endpoint { address: event.address?, port: event.port? }),
        Operation::Capability | Operation::Capset => Action::Capability(event.capability?),
        Operation::Syscall => Action::Syscall(event.syscall?),
        Operation::Socket => Action::Socket(event.family?, event.socket_type?),
        _ => Action::Whole,
    })
}

/// Returns how many cases a costly property runs, unless `PROPTEST_CASES` says otherwise.
pub fn cases(few: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(few),
    }
}

/// Returns the event without these fields; without a parent, its ancestors are unknown too.
#[must_use]
pub fn forget(event: &Event, fields: &[Field]) -> Event {
    let mut event = event.clone();
    for field in fields {
        match field {
            Field::Binary => event.binary = None,
            Field::Parent => (event.parent, event.ancestors) = (None, None),
            Field::Ancestors => event.ancestors = None,
            Field::Uid => event.uid = None,
            Field::Sensor => event.sensor = None,
            Field::Group => event.group = None,
            Field::Path => event.path = None,
            Field::Access => event.access = None,
            Field::Anonymous => event.anonymous = None,
            Field::Address => event.address = None,
            Field::Port => event.port = None,
            Field::Capability => event.capability = None,
            Field::Syscall => event.syscall = None,
            Field::Family => event.family = None,
            Field::Type => event.socket_type = None,
        }
    }
    event
}
