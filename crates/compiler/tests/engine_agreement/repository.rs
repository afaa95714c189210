//! Generated policy repositories, and events near the boundaries of their conditions.

use std::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use telovix_policy::confine::{Access, AccessSet, Operation, SocketType};
use telovix_policy::judge::Event;
use telovix_policy::value::{Capability, Syscall};

const BINARIES: &[&str] =
    &["/opt/amf/bin/amf", "/opt/amf/bin/amfx", "/usr/bin/du", "/tmp/du", "/usr/bin/logger"];
const PATTERNS: &[&str] =
    &["/usr/bin/logger", "/usr/bin/", "/etc/amf", "/etc/amf/", "/var/log/amf*", "/tmp", "/opt/amf*", "/"];
const PATHS: &[&str] = &[
    "/",
    "/etc",
    "/etc/amf",
    "/etc/amf/amf.conf",
    "/etc/amfx",
    "/tmp",
    "/tmp/a",
    "/opt/amf/bin/amf",
    "/usr/bin",
    "/usr/bin/logger",
    "/usr/bin/loggerx",
    "/usr/bin/logger/x",
    "/var/log/amf",
    "/var/log/amf.1",
    "/var/log/am",
    "/dev/shm/x",
    "/run/user/1/x",
];
const PORTS: &[&str] = &["443", "0", "65535", "8000-8002", "444", "1-65535"];
const BLOCKS: &[&str] = &[
    "10.20.0.0/16",
    "10.20.3.0/24",
    "10.20.3.7",
    "0.0.0.0/0",
    "192.0.2.0/25",
    "2001:db8::/32",
    "2001:db8:5::/48",
    "::1",
    "::/0",
    "::ffff:10.20.3.0/120",
];
const NETWORKS: &[&str] = &["10.20.0.0/16", "10.20.3.7:443", "*:443", "[2001:db8::]/32:8000-8002", "*"];
const ADDRESSES: &[&str] = &[
    "10.20.0.0",
    "10.20.3.7",
    "10.20.255.255",
    "10.21.0.0",
    "192.0.2.127",
    "192.0.2.128",
    "255.255.255.255",
    "0.0.0.0",
    "2001:db8::1",
    "2001:db8:5::1",
    "2001:db9::",
    "::1",
    "::2",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];
const CAPABILITIES: &[&str] = &["NET_BIND_SERVICE", "CAP_DAC_OVERRIDE", "sys_admin", "CHECKPOINT_RESTORE"];
const SYSCALLS: &[&str] = &["ptrace", "mount", "fork", "umount2", "cachestat"];
const TEMPLATES: &[&str] = &[
    "block-kmod-load",
    "block-user-namespace",
    "block-raw-sockets",
    "block-capset-sysadmin",
    "kill-ptrace-attach",
    "block-execve-tmp",
    "block-memfd-create",
    "block-pivot-root",
    "block-mount-syscall",
    "block-unshare",
    "block-bpf-load",
    "block-socket-raw",
    "block-chmod-suid",
];

/// A key with some of the values, or no such key.
fn list(key: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let most = values.len().min(4);
    proptest::option::weighted(0.6, subsequence(values, 0..=most)).prop_map(move |values| {
        values.map_or_else(String::new, |values| {
            let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
            format!("{key}: [{}]\n", values.join(", "))
        })
    })
}

fn exceptions() -> impl Strategy<Value = String> {
    proptest::option::weighted(0.3, subsequence(PATTERNS, 1..=2)).prop_map(|patterns| {
        let patterns = patterns.unwrap_or_default();
        let entry = |pattern: &&str| format!("  - {{process: \"{pattern}\", reason: generated}}\n");
        if patterns.is_empty() {
            return String::new();
        }
        format!("exceptions:\n{}", patterns.iter().map(entry).collect::<String>())
    })
}

fn profile(binary: &'static str) -> impl Strategy<Value = String> {
    let lists = (
        list("allowed_spawns", PATTERNS),
        list("allowed_files", PATTERNS),
        list("allowed_dst_ports", PORTS),
        list("allowed_dst_cidrs", BLOCKS),
        list("allowed_capabilities", CAPABILITIES),
        list("blocked_syscalls", SYSCALLS),
    );
    let mode = select(&["observe", "audit", "enforce"][..]);
    let children = select(&["leave", "inherit"][..]);
    (lists, mode, children, exceptions()).prop_map(move |(lists, mode, children, exceptions)| {
        let (spawns, files, ports, blocks, capabilities, syscalls) = lists;
        format!(
            "---\nkind: GuardianProfile\nname: profile of {binary}\ntarget_binary: {binary}\nmode: {mode}\n\
             children: {children}\n{spawns}{files}{ports}{blocks}{capabilities}{syscalls}{exceptions}"
        )
    })
}

fn guard() -> impl Strategy<Value = String> {
    let lists = (
        list("allowed_exec", PATTERNS),
        list("allowed_files", PATTERNS),
        list("blocked_files", PATTERNS),
        list("allowed_network", NETWORKS),
        list("blocked_network", NETWORKS),
        list("blocked_syscalls", SYSCALLS),
    );
    (lists, select(&["audit", "alert", "enforce"][..])).prop_map(|(lists, mode)| {
        let (exec, files, blocked_files, network, blocked_network, syscalls) = lists;
        let lists = format!("{exec}{files}{blocked_files}{network}{blocked_network}{syscalls}");
        let lists: String = lists.lines().map(|line| format!("    {line}\n")).collect();
        format!("---\nversion: \"1.0\"\nmode: {mode}\nprocesses:\n  du:\n    description: generated\n{lists}")
    })
}

fn rule() -> impl Strategy<Value = String> {
    (select(TEMPLATES), exceptions()).prop_map(|(template, exceptions)| {
        format!(
            "---\nkind: EnforcementRule\nname: rule of {template}\ntemplate: {template}\nenabled: true\n{exceptions}"
        )
    })
}

/// Documents of every kind that confines.
pub(crate) fn documents() -> impl Strategy<Value = String> {
    let maybe = |text: BoxedStrategy<String>| proptest::option::weighted(0.7, text);
    (
        maybe(profile("/opt/amf/bin/amf").boxed()),
        maybe(profile("/usr/bin/du").boxed()),
        maybe(guard().boxed()),
        maybe(rule().boxed()),
    )
        .prop_map(|(first, second, guard, rule)| {
            [first, second, guard, rule].into_iter().flatten().collect::<String>()
        })
        .prop_filter("something to compile", |text| !text.is_empty())
}

/// The number of executables of a crowd.
const CROWD: usize = 40;

/// One of the executables.
fn member(number: usize) -> String {
    format!("/opt/nf{number}/bin/nf")
}

/// Another profile whose entries are listed too, which lists there are, mode, children and capabilities.
type Lists<'a> = (Option<usize>, Vec<bool>, &'a str, &'a str, Vec<&'a str>);

/// Many profiles for the same hosts, more than have room for entries of their own: with common entries and some of their
/// own, and now and then one of another profile.
pub(crate) fn crowd() -> impl Strategy<Value = String> {
    let overlap = proptest::option::weighted(0.1, 0..CROWD);
    let lists = proptest::collection::vec(any::<bool>(), 5);
    let mode = select(&["audit", "enforce", "enforce"][..]);
    let profile = (
        overlap,
        lists,
        mode,
        select(&["leave", "leave", "leave", "inherit"][..]),
        subsequence(CAPABILITIES, 0..=3),
    );
    (proptest::collection::vec(profile, CROWD), any::<bool>()).prop_map(|(profiles, inherits)| {
        let profile = |(number, (overlap, lists, mode, children, capabilities)): (usize, Lists<'_>)| {
            let other = overlap.unwrap_or(number);
            let children = if inherits { children } else { "leave" };
            let binary = member(number);
            let mut text = format!(
                "---\nkind: GuardianProfile\nname: nf{number}\ntarget_binary: {binary}\nmode: {mode}\nchildren: {children}\n"
            );
            let written = [
                format!("allowed_spawns: [/usr/bin/logger, /opt/nf{number}/, /opt/nf{other}/]\n"),
                format!("allowed_files: [/usr/lib/, /var/lib/nf{number}/, /var/lib/nf{other}/a]\n"),
                format!("allowed_dst_ports: [443, {}, {}]\n", 5000 + number, 5000 + other),
                format!("allowed_dst_cidrs: [10.100.0.0/16, 10.{number}.0.0/16, 10.{other}.7.0/24]\n"),
                format!("allowed_capabilities: [{}]\n", capabilities.join(", ")),
            ];
            for (list, _) in written.iter().zip(lists).filter(|(_, is_written)| *is_written) {
                text.push_str(list);
            }
            text
        };
        profiles.into_iter().enumerate().map(profile).collect()
    })
}

/// Complete events of the executables of a crowd, near what they and others allow.
pub(crate) fn crowd_event() -> impl Strategy<Value = Event> {
    let of = Event::new;
    let deed =
        (0..CROWD, 0..4_usize, 0..4_usize, any::<u8>()).prop_map(move |(other, kind, choice, number)| {
            match kind {
                0 => Event {
                    anonymous: Some(false),
                    path: Some(
                        [
                            "/usr/bin/logger".to_owned(),
                            format!("/opt/nf{other}/x"),
                            "/bin/sh".to_owned(),
                            member(other),
                        ][choice]
                            .clone(),
                    ),
                    ..of(Operation::Exec)
                },
                1 => Event {
                    path: Some(
                        [
                            "/usr/lib/libc.so".to_owned(),
                            format!("/var/lib/nf{other}/a"),
                            format!("/var/lib/nf{other}/b"),
                            "/etc/passwd".to_owned(),
                        ][choice]
                            .clone(),
                    ),
                    access: Some(AccessSet::default().with(if number % 2 == 0 {
                        Access::Read
                    } else {
                        Access::Truncate
                    })),
                    ..of(Operation::Open)
                },
                2 => Event {
                    address: [
                        format!("10.{other}.7.1"),
                        format!("10.{other}.8.1"),
                        "10.100.0.1".to_owned(),
                        "2001:db8::1".to_owned(),
                    ][choice]
                        .parse::<IpAddr>()
                        .ok(),
                    port: Some(if number % 2 == 0 { 443 } else { 5000 + u16::from(number) % 40 }),
                    ..of(Operation::Connect)
                },
                _ => Event { capability: Capability::from_number(number % 41), ..of(Operation::Capability) },
            }
        });
    (0..CROWD, 0..CROWD, deed).prop_map(|(number, parent, deed)| Event {
        binary: Some(member(number)),
        parent: Some(member(parent)),
        ancestors: Some(vec![member(parent)]),
        ..deed
    })
}

fn text(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(values).prop_map(str::to_owned)
}

/// Complete events: everything that a verdict can depend on is known.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let ancestors = proptest::collection::vec(text(BINARIES), 1..3);
    (text(BINARIES), ancestors, action()).prop_map(|(binary, ancestors, action)| Event {
        binary: Some(binary),
        parent: ancestors.first().cloned(),
        ancestors: Some(ancestors),
        ..action
    })
}

fn action() -> impl Strategy<Value = Event> {
    let of = Event::new;
    let exec = proptest::option::weighted(0.8, text(PATHS)).prop_map(move |path| Event {
        anonymous: Some(path.is_none()),
        path,
        ..of(Operation::Exec)
    });
    let accesses = [Access::Read, Access::Write, Access::Create, Access::Truncate, Access::Execute];
    let open = (text(PATHS), select(accesses.to_vec())).prop_map(move |(path, access)| Event {
        path: Some(path),
        access: Some(AccessSet::default().with(access)),
        ..of(Operation::Open)
    });
    let ports = select(vec![0_u16, 1, 442, 443, 444, 7999, 8000, 8002, 8003, 65535]);
    let connect = (select(ADDRESSES), ports).prop_map(move |(address, port)| Event {
        address: address.parse::<IpAddr>().ok(),
        port: Some(port),
        ..of(Operation::Connect)
    });
    let capability = (0..41_u8).prop_map(move |number| Event {
        capability: Capability::from_number(number),
        ..of(Operation::Capability)
    });
    let syscall = select(SYSCALLS)
        .prop_map(move |name| Event { syscall: Syscall::parse(name).ok(), ..of(Operation::Syscall) });
    let socket =
        (select(vec![1_u16, 2, 10, 17]), select(SocketType::ALL.to_vec())).prop_map(move |(family, kind)| {
            Event { family: Some(family), socket_type: Some(kind), ..of(Operation::Socket) }
        });
    let capset = select(vec![12_u8, 21]).prop_map(move |number| Event {
        capability: Capability::from_number(number),
        ..of(Operation::Capset)
    });
    let whole = select(vec![
        Operation::ModuleLoad,
        Operation::UserNamespace,
        Operation::Ptrace,
        Operation::MemoryFile,
        Operation::PivotRoot,
        Operation::Mount,
        Operation::Unshare,
        Operation::Bpf,
        Operation::SetId,
    ])
    .prop_map(of);
    prop_oneof![3 => exec, 3 => open, 3 => connect, 2 => capability, 2 => syscall, 1 => socket, 1 => capset, 2 => whole]
}
