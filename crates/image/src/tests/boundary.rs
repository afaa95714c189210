//! Policies and events at the boundaries of tables: chunk ends, first and last addresses, every entry path.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use telovix_policy::arbitrary::plain;
use telovix_policy::confine::{
    Access, AccessSet, Condition, Confinement, Effect, EndpointSet, Exemption, Gate, Listing, Operation,
    PathSet, PortSet, SocketType, Subject,
};
use telovix_policy::judge::Event;
use telovix_policy::value::{AbsolutePath, Capability, Cidr, PathPattern, PortRange, Syscall};
use telovix_policy::value::{Children, Scope};

use super::super::kernel::{packet_sockets, raw_sockets, sys_admin};

pub(super) const BINARIES: [&str; 6] =
    ["/a", "/opt/amf/bin/amf", "/opt/smf/bin/amf", "/opt/amf/bin/sh", "/usr/bin/sh", "/opt"];

/// Names around the ends of chunks: 1, 2, 27, 28, 29, 55, 56, 57 and 255 bytes.
fn names() -> Vec<String> {
    [1, 2, 27, 28, 29, 55, 56, 57, 255]
        .map(|length| "n".repeat(length))
        .into_iter()
        .chain(["n-".to_owned()])
        .collect()
}

/// Every path of one and two of these names, below the root.
pub(super) fn paths() -> Vec<String> {
    let single = names().into_iter().map(|name| format!("/{name}"));
    let double =
        names().into_iter().flat_map(|top| names().into_iter().map(move |name| format!("/{top}/{name}")));
    single.chain(double).chain(["/tmp".to_owned()]).collect()
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    (select(paths()), select(vec!["", "/", "*", "/*"]))
        .prop_map(|(path, end)| PathPattern::parse(&format!("{path}{end}")).expect("a pattern"))
}

fn executables() -> impl Strategy<Value = PathPattern> {
    let text =
        select(vec!["/opt/amf", "/opt/amf/bin/amf", "/opt/", "/usr/bin/s*", "/a*", "/opt/amf/bin/amf*"]);
    text.prop_map(|text| PathPattern::parse(text).expect("a pattern"))
}

fn path_set() -> impl Strategy<Value = PathSet> {
    (vec(pattern(), 0..5), any::<bool>()).prop_map(|(patterns, listed)| {
        let set: PathSet = patterns.iter().collect();
        if listed { set } else { set.complement() }
    })
}

const BLOCKS: [&str; 9] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/31",
    "255.255.255.255",
    "::/0",
    "2001:db8::/32",
    "::fffe:0:0/96",
    "::/1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

fn endpoint_set() -> impl Strategy<Value = EndpointSet> {
    let blocks = subsequence(BLOCKS.to_vec(), 0..4);
    let ports = subsequence(vec!["0", "443", "65535", "0-1023", "1024-65534", "0-65535"], 0..4);
    (blocks, ports, any::<bool>()).prop_map(|(blocks, ports, listed)| {
        let ports: PortSet = ports.iter().map(|text| PortRange::parse(text).expect("ports")).collect();
        let set = EndpointSet::product(blocks.iter().map(|text| Cidr::parse(text).expect("a block")), &ports);
        if listed { set } else { set.complement() }
    })
}

/// Calls of both entry paths, of one only, and one with a separate x32 number.
pub(super) const SYSCALLS: [&str; 5] = ["chroot", "accept", "waitpid", "ptrace", "getpid"];

fn condition(operation: Operation) -> BoxedStrategy<Condition> {
    let accesses = subsequence(Access::ALL.to_vec(), 0..8);
    let listed = match operation {
        Operation::Exec => {
            let parts = (path_set(), any::<bool>());
            parts.prop_map(|(paths, anonymous)| Condition::Exec { paths, anonymous }).boxed()
        }
        Operation::Open => (path_set(), prop_oneof![Just(Access::ALL.to_vec()), accesses])
            .prop_map(|(paths, accesses)| Condition::Open { paths, accesses: accesses.into_iter().collect() })
            .boxed(),
        Operation::Connect => endpoint_set().prop_map(Condition::Connect).boxed(),
        Operation::Capability => subsequence(vec![0_u8, 12, 21, 40], 0..4)
            .prop_map(|numbers| {
                Condition::Capability(numbers.into_iter().filter_map(Capability::from_number).collect())
            })
            .boxed(),
        Operation::Syscall => subsequence(SYSCALLS.to_vec(), 0..5)
            .prop_map(|names| {
                Condition::Syscall(names.iter().map(|name| Syscall::parse(name).expect("a call")).collect())
            })
            .boxed(),
        Operation::Socket => {
            return select(vec![raw_sockets(), packet_sockets()]).prop_map(Condition::Socket).boxed();
        }
        Operation::Capset => return Just(Condition::Capability(sys_admin())).boxed(),
        _ => return Just(Condition::Always).boxed(),
    };
    prop_oneof![8 => listed, 1 => Just(Condition::Always)].boxed()
}

fn subject() -> impl Strategy<Value = Subject> {
    let binary = select(BINARIES.to_vec())
        .prop_map(|path| Subject::Binary(AbsolutePath::parse(path).expect("a path")));
    let name = select(vec!["amf", "sh"]).prop_map(|name| Subject::BaseName(name.to_owned()));
    prop_oneof![2 => binary, 1 => name, 2 => Just(Subject::Everyone)]
}

fn exemption() -> impl Strategy<Value = Exemption> {
    let who = (option::of(executables()), option::of(executables()))
        .prop_filter("a process or a parent", |(process, parent)| process.is_some() || parent.is_some());
    who.prop_map(|(process, parent)| Exemption {
        process,
        parent,
        span: telovix_policy::arbitrary::span(),
        reason: "upgrade".to_owned(),
        owner: None,
        expiry: None,
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    let scoped = [Scope::Sensor("s1".to_owned()), Scope::Group("g1".to_owned())];
    prop_oneof![4 => Just(Scope::Fleet), 1 => select(scoped.to_vec())]
}

/// Operations; those with a condition are generated more often, because they are more complex.
fn operation() -> impl Strategy<Value = Operation> {
    let conditional =
        vec![Operation::Exec, Operation::Open, Operation::Connect, Operation::Capability, Operation::Syscall];
    prop_oneof![2 => select(Operation::ALL.to_vec()), 1 => select(conditional)]
}

fn confinement() -> impl Strategy<Value = Confinement> {
    let what = operation().prop_flat_map(|operation| (Just(operation), condition(operation)));
    let effect = select(vec![Effect::Log, Effect::Kill, Effect::Deny]);
    let gate = prop_oneof![4 => Just(Gate::Active), 1 => Just(Gate::Held)];
    let listing = select(vec![Listing::Allows, Listing::Blocks]);
    let exemptions = prop_oneof![2 => Just(Vec::new()), 1 => vec(exemption(), 1..3)];
    let who = (subject(), select(Children::ALL.to_vec()), exemptions);
    (who, what, effect, gate, scope(), listing).prop_map(
        |((subject, children, exemptions), (operation, condition), effect, gate, scope, listing)| {
            let plain = plain(0, operation, condition, effect);
            Confinement { subject, children, exemptions, gate, scope, listing, ..plain }
        },
    )
}

/// Up to eleven confinements of any operation.
pub(super) fn policy() -> impl Strategy<Value = Vec<Confinement>> {
    vec(confinement(), 1..12)
}

/// Addresses on both sides of every block's ends.
fn addresses() -> Vec<String> {
    let texts = [
        "0.0.0.0",
        "9.255.255.255",
        "10.0.0.0",
        "10.0.0.1",
        "10.0.0.2",
        "10.255.255.255",
        "11.0.0.0",
        "255.255.255.254",
        "255.255.255.255",
        "::",
        "::1",
        "::fffe:ffff:ffff",
        "::ffff:10.0.0.1",
        "::1:0:0:0",
        "2001:db7:ffff::",
        "2001:db8::",
        "2001:db9::",
        "7fff:ffff::",
        "8000::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    texts.map(str::to_owned).to_vec()
}

fn action(operation: Operation) -> BoxedStrategy<Event> {
    let new = Event::new(operation);
    let file = || {
        let end = select(vec!["", "", "n", "-", "/n", "/x/y"]);
        (select(paths()), end).prop_map(|(path, end)| Some(format!("{path}{end}")))
    };
    match operation {
        Operation::Exec => {
            let file = file().prop_map({
                let new = new.clone();
                move |path| Event { path, ..new.clone() }
            });
            prop_oneof![6 => file, 1 => Just(Event { anonymous: Some(true), ..new })].boxed()
        }
        Operation::Open => {
            let accesses =
                prop_oneof![2 => subsequence(Access::ALL.to_vec(), 1..3), 1 => Just(vec![Access::Rename])];
            let path = prop_oneof![8 => file(), 1 => Just(Some("/".to_owned()))];
            (path, accesses)
                .prop_map(move |(path, accesses)| {
                    let access: AccessSet = accesses.into_iter().collect();
                    Event { path, access: Some(access), ..new.clone() }
                })
                .boxed()
        }
        Operation::Connect => {
            (select(addresses()), select(vec![0_u16, 1, 442, 443, 444, 1023, 1024, 65534, 65535]))
                .prop_map(move |(address, port)| Event {
                    address: address.parse().ok(),
                    port: Some(port),
                    ..new.clone()
                })
                .boxed()
        }
        Operation::Capability | Operation::Capset => select(vec![0_u8, 1, 12, 21, 40])
            .prop_map(move |number| Event { capability: Capability::from_number(number), ..new.clone() })
            .boxed(),
        Operation::Syscall => select(SYSCALLS.to_vec())
            .prop_map(move |name| Event { syscall: Syscall::parse(name).ok(), ..new.clone() })
            .boxed(),
        Operation::Socket => (select(vec![1_u16, 2, 10, 17]), select(SocketType::ALL.to_vec()))
            .prop_map(move |(family, kind)| Event {
                family: Some(family),
                socket_type: Some(kind),
                ..new.clone()
            })
            .boxed(),
        _ => Just(new).boxed(),
    }
}

/// One complete event of any operation, by any process, on any host.
pub(super) fn event() -> impl Strategy<Value = Event> {
    let what = operation().prop_flat_map(action);
    let binaries = || select(BINARIES.iter().copied().chain(["/unnamed"]).collect::<Vec<_>>());
    let host = (select(vec!["", "s1"]), select(vec!["", "g1"]));
    (what, binaries(), binaries(), binaries(), host).prop_map(
        |(action, binary, parent, above, (sensor, group))| Event {
            binary: Some(binary.to_owned()),
            parent: Some(parent.to_owned()),
            ancestors: Some(vec![parent.to_owned(), above.to_owned()]),
            sensor: Some(sensor.to_owned()),
            group: Some(group.to_owned()),
            ..action
        },
    )
}
