//! Policies with LSM hooks over a small universe, and events of it.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use telovix_policy::confine::{Access, AccessSet, Operation, SocketType};
use telovix_policy::judge::Event;
use telovix_policy::value::Capability;

const BINARIES: &[&str] = &["/bin/a", "/bin/b", "/opt/a", "/opt/bin/a"];
const BINARY_VALUES: &[&str] = &["/bin/a", "/bin/b", "/opt/", "/bin", "/a", "a"];
const PATHS: &[&str] = &["/", "/etc", "/etc/a", "/etc/a.conf", "/etcx", "/tmp/a", "/bin/a"];
const PARTS: &[&str] = &["etc", "/a", "A.C", "TC/", "bin", "x"];
const FILE_TYPES: &[&str] = &["reg", "dir", "chr", "fifo"];
const PATH_VALUES: &[&str] = &["/etc", "/etc/", "/etc/a", "a", ".conf", "/a", "/", "etc/a"];
const ADDRESSES: &[&str] = &["10.0.0.1", "10.0.1.0", "192.0.2.1", "0.0.0.0", "2001:db8::1", "::1"];
const BLOCKS: &[&str] = &["10.0.0.0/24", "10.0.0.1", "10.0.0.7/8", "2001:db8::/32", "0.0.0.0/0", "::/0"];
const PORTS: &[&str] = &["443", "1:442", "80", "0", "65535"];

fn values(all: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    subsequence(all, 1..=most).prop_map(|values| {
        let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("[{}]", values.join(", "))
    })
}

fn binaries(section: &'static str) -> impl Strategy<Value = String> {
    let operator = select(&["In", "NotIn", "Prefix", "NotPrefix", "Postfix", "NotPostfix"][..]);
    (operator, values(BINARY_VALUES, 6), any::<bool>()).prop_map(move |(operator, values, follow)| {
        let follow = follow && operator.ends_with("In");
        format!("      {section}: [{{operator: {operator}, values: {values}, followChildren: {follow}}}]\n")
    })
}

fn pids() -> impl Strategy<Value = String> {
    Just("      matchPIDs: [{operator: In, values: [7]}]\n".to_owned())
}

fn filter(
    index: u32,
    operators: &'static [&'static str],
    values: BoxedStrategy<String>,
) -> impl Strategy<Value = String> {
    (select(operators), values).prop_map(move |(operator, values)| {
        format!("{{index: {index}, operator: {operator}, values: {values}}}")
    })
}

fn actions() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "",
            "      matchActions: [{action: Post}]\n",
            "      matchActions: [{action: NoPost}]\n",
            "      matchActions: [{action: Sigkill}]\n",
            "      matchActions: [{action: Signal, argSig: 9}, {action: NoPost}]\n",
            "      matchActions: [{action: Override, argError: -1}]\n",
            "      matchActions: [{action: Override, argError: -1}, {action: Sigkill}]\n",
        ][..],
    )
}

fn selector(filters: BoxedStrategy<Vec<String>>) -> impl Strategy<Value = String> {
    let maybe = |text: BoxedStrategy<String>, weight| {
        proptest::option::weighted(weight, text).prop_map(Option::unwrap_or_default)
    };
    let process = (
        maybe(binaries("matchBinaries").boxed(), 0.5),
        maybe(binaries("matchParentBinaries").boxed(), 0.1),
        maybe(pids().boxed(), 0.1),
    );
    (process, filters, actions()).prop_map(|((binaries, parents, pids), filters, actions)| {
        let filters = if filters.is_empty() {
            String::new()
        } else {
            format!("      matchArgs: [{}]\n", filters.join(", "))
        };
        format!("    - label: x\n{binaries}{parents}{pids}{filters}{actions}")
    })
}

fn hook(
    point: &'static str,
    arguments: &'static str,
    filter: BoxedStrategy<String>,
) -> impl Strategy<Value = String> {
    let filters = proptest::collection::vec(filter, 0..3).boxed();
    proptest::collection::vec(selector(filters), 0..4).prop_map(move |selectors| {
        let selectors = if selectors.is_empty() {
            String::new()
        } else {
            format!("    selectors:\n{}", selectors.concat())
        };
        format!("  - {point}\n    args: [{arguments}]\n{selectors}")
    })
}

/// A policy with one to three hooks.
pub(crate) fn policy() -> impl Strategy<Value = String> {
    let text = &["Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "NotPostfix"][..];
    let path = || {
        prop_oneof![
            5 => filter(0, text, values(PATH_VALUES, 8).boxed()),
            1 => filter(0, &["SubString", "SubStringIgnCase"], values(PARTS, 3).boxed()),
        ]
        .boxed()
    };
    let file = prop_oneof![
        6 => path(),
        1 => filter(0, &["FileType", "NotFileType"], values(FILE_TYPES, 2).boxed()),
    ];
    let peer = prop_oneof![
        filter(1, &["SAddr", "NotSAddr"], values(BLOCKS, 3).boxed()),
        filter(1, &["SPort", "NotSPort", "SPortPriv", "NotSportPriv"], values(PORTS, 3).boxed()),
        filter(1, &["Family"], values(&["AF_INET", "AF_INET6", "AF_UNIX", "2"], 2).boxed()),
    ];
    let number = |index| {
        prop_oneof![
            filter(
                index,
                &["Equal", "NotEqual", "GT", "LT", "Mask"],
                values(&["2", "0x15", "10", "3"], 4).boxed()
            ),
            filter(index, &["InMap", "NotInMap"], values(&["21", "1:3", "12"], 3).boxed()),
            filter(index, &["InRange", "NotInRange"], values(&["0:2", "17:40"], 2).boxed()),
        ]
        .boxed()
    };
    let hooks = prop_oneof![
        3 => hook("hook: file_open", "{index: 0, type: file}", file.boxed()),
        3 => hook("hook: bprm_check_security", "{index: 0, type: linux_binprm}", path()),
        3 => hook("hook: socket_connect", "{index: 1, type: sockaddr}", peer.boxed()),
        1 => hook("hook: capable", "{index: 2, type: int}", number(2)),
        1 => hook("hook: socket_create", "{index: 0, type: int}, {index: 1, type: int}", prop_oneof![number(0), number(1)].boxed()),
    ];
    let calls = prop_oneof![
        hook(
            "call: security_capable\n    syscall: false",
            "{index: 2, type: int}",
            prop_oneof![number(2), expression(2)].boxed()
        ),
        hook("call: security_bpf\n    syscall: false", "{index: 0, type: int}", expression(0).boxed()),
    ];
    let mode = || select(&["", "", "", "{name: policy-mode, value: monitor}"][..]);
    let section = |name: &'static str, options: &'static str, hooks: BoxedStrategy<String>| {
        (proptest::collection::vec(hooks, 1..4), mode()).prop_map(move |(hooks, mode)| {
            format!(
                "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: x}}\nspec:\n  \
                 options: [{options}{mode}]\n  {name}:\n{}",
                hooks.concat()
            )
        })
    };
    let single = "{name: disable-kprobe-multi, value: \"1\"}, ";
    prop_oneof![
        5 => section("lsmhooks", "", hooks.boxed()),
        1 => section("kprobes", single, calls.boxed()),
    ]
}

/// What an expression means.
type Meaning = fn(i32) -> bool;

/// Conditions on one number, in the words of `CelExpr` and as what they mean.
pub(crate) const EXPRESSIONS: &[(&str, Meaning)] = &[
    ("arg0 == int32(21)", |number| number == 21),
    ("arg0 != int32(12) && arg0 > int32(10)", |number| number != 12 && number > 10),
    ("arg0 < int32(3) || arg0 >= int32(21)", |number| !(3..21).contains(&number)),
    ("and(arg0, int32(5)) == int32(5)", |number| number & 5 == 5),
    ("or(arg0, int32(1)) <= int32(13)", |number| number | 1 <= 13),
    ("not(xor(arg0, int32(-1))) == arg0", |_| true),
    ("!(arg0 - int32(20) + int32(2147483647) < int32(0))", |number| number <= 20),
    ("1u < 2u && (false || arg0 == arg0 + int32(0))", |_| true),
];

fn expression(index: u32) -> impl Strategy<Value = String> {
    select(EXPRESSIONS)
        .prop_map(move |(text, _)| format!("{{index: {index}, operator: CelExpr, values: [\"{text}\"]}}"))
}

/// A complete event.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let text = |all: &'static [&'static str]| select(all).prop_map(str::to_owned);
    let ancestors = proptest::collection::vec(text(BINARIES), 0..3);
    (text(BINARIES), ancestors, deed()).prop_map(|(binary, ancestors, deed)| Event {
        binary: Some(binary),
        parent: ancestors.first().cloned(),
        ancestors: Some(ancestors),
        ..deed
    })
}

fn deed() -> impl Strategy<Value = Event> {
    let of = Event::new;
    let path = || select(PATHS).prop_map(str::to_owned);
    let exec = proptest::option::weighted(0.8, path()).prop_map(move |path| Event {
        anonymous: Some(path.is_none()),
        path,
        ..of(Operation::Exec)
    });
    let access = select(vec![Access::Read, Access::Write, Access::Execute, Access::Delete, Access::Rename]);
    let open = (path(), access).prop_map(move |(path, access)| Event {
        path: Some(path),
        access: Some(AccessSet::default().with(access)),
        ..of(Operation::Open)
    });
    let connect = (select(ADDRESSES), select(vec![0_u16, 1, 80, 442, 443, 1023, 1024, 65535])).prop_map(
        move |(address, port)| Event {
            address: address.parse().ok(),
            port: Some(port),
            ..of(Operation::Connect)
        },
    );
    let capability = (0..41_u8).prop_map(move |number| Event {
        capability: Capability::from_number(number),
        ..of(Operation::Capability)
    });
    let socket =
        (select(vec![1_u16, 2, 10, 17]), select(SocketType::ALL.to_vec())).prop_map(move |(family, kind)| {
            Event { family: Some(family), socket_type: Some(kind), ..of(Operation::Socket) }
        });
    prop_oneof![exec, open, connect, capability, socket, Just(of(Operation::Bpf))]
}

/// Returns the event with what it lacks taken from another of the same operation.
pub(crate) fn complete(event: &Event, other: &Event) -> Event {
    let mut whole = event.clone();
    if whole.ancestors.is_none() {
        let mut line = other.ancestors.clone().unwrap_or_default();
        if let Some(parent) = &whole.parent {
            line.insert(0, parent.clone());
        }
        whole.parent = line.first().cloned();
        whole.ancestors = Some(line);
    }
    whole.binary = whole.binary.or_else(|| other.binary.clone());
    if whole.anonymous.is_none() && whole.path.is_none() {
        whole.path.clone_from(&other.path);
        whole.anonymous = other.anonymous;
    } else if whole.path.is_none() && whole.anonymous == Some(false) {
        whole.path = other.path.clone().or_else(|| Some("/tmp/a".to_owned()));
    } else if whole.path.is_none() && whole.operation == Operation::Open {
        whole.path.clone_from(&other.path);
    }
    whole.access = whole.access.or(other.access);
    whole.address = whole.address.or(other.address);
    whole.port = whole.port.or(other.port);
    whole.capability = whole.capability.or(other.capability);
    whole.family = whole.family.or(other.family);
    whole.socket_type = whole.socket_type.or(other.socket_type);
    whole
}
