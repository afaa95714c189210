//! Service units: events judged by the imported profile and by a literal reading of the unit. Where they differ, the list
//! of changes says so.

use std::net::IpAddr;

use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_exchange::{Change, Effect as Differs, systemd};
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::{Capability, Cidr, Date, Syscall};

const BINARY: &str = "/opt/amf/bin/amf";

/// Returns what an imported unit means, and what differs.
fn imported(settings: &str) -> (Vec<Confinement>, Vec<Change>) {
    let unit =
        format!("[Unit]\nDescription=AMF\n[Service]\nExecStart={BINARY} --config /etc/amf\n{settings}\n");
    let conversion = systemd::import("amf.service", &unit).expect(settings).expect(settings);
    let sources = SourceSet::single("amf.yaml", &conversion.text);
    let analysis = analyse(&sources, &Options::on(Date::FIRST));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| found.severity.name() == "error").collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", conversion.text);
    (analysis.policy.confinements, conversion.changes)
}

fn event(operation: &str, field: &str, value: &str) -> Event {
    let port = if operation == "connect" { ", \"port\": 443" } else { "" };
    let text = format!(
        r#"{{"operation": "{operation}", "binary": "{BINARY}", "parent": "/sbin/init", "ancestors": ["/sbin/init"], "anonymous": false, "{field}": "{value}"{port}}}"#
    );
    serde_json::from_str(&text).expect(&text)
}

fn is_denied(confinements: &[Confinement], event: &Event) -> bool {
    let verdict = judge(confinements, event);
    assert!(verdict.depends_on.is_empty(), "{event:?}: {verdict:?}");
    assert!([Effect::Allow, Effect::Deny].contains(&verdict.effect), "{event:?}: {verdict:?}");
    verdict.effect == Effect::Deny
}

/// Checks that both sides agree on each event, except where a change of this effect names what is different.
fn compare(settings: &str, operation: &str, field: &str, values: &[String], denies: impl Fn(&str) -> bool) {
    let (confinements, changes) = imported(settings);
    let tells = |effect: Differs, value: &str| {
        changes.iter().any(|change| {
            let words = format!("{} {}", change.what, change.why);
            change.effect == effect && words.split([' ', '`', ',']).any(|word| word == value)
        })
    };
    for value in values {
        let (unit, profile) = (denies(value), is_denied(&confinements, &event(operation, field, value)));
        match (unit, profile) {
            (true, false) => {
                assert!(tells(Differs::Weaker, value), "{settings}: {value} is weaker: {changes:?}");
            }
            (false, true) => {
                assert!(tells(Differs::Stricter, value), "{settings}: {value} is stricter: {changes:?}");
            }
            // A change that is listed and makes no difference would be a false claim.
            _ => assert!(
                !tells(Differs::Stricter, value) || unit,
                "{settings}: {value} is not stricter: {changes:?}"
            ),
        }
    }
}

/// Returns whether a unit denies a value.
type Denies<'case> = &'case dyn Fn(&str) -> bool;

fn capabilities() -> Vec<String> {
    Capability::all().map(|capability| capability.to_string()).collect()
}

fn calls() -> Vec<String> {
    Syscall::all().map(|call| call.name().to_owned()).collect()
}

#[test]
fn capabilities_that_are_left_are_allowed_and_no_others() {
    let cases: [(&str, Denies<'_>); 6] = [
        ("CapabilityBoundingSet=CAP_NET_RAW CAP_CHOWN", &|name| {
            !["CAP_NET_RAW", "CAP_CHOWN"].contains(&name)
        }),
        ("CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF", &|name| {
            ["CAP_SYS_ADMIN", "CAP_BPF"].contains(&name)
        }),
        ("CapabilityBoundingSet=", &|_| true),
        ("CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL", &|name| {
            !["CAP_CHOWN", "CAP_KILL"].contains(&name)
        }),
        ("CapabilityBoundingSet=~CAP_CHOWN\nCapabilityBoundingSet=~CAP_KILL", &|name| {
            ["CAP_CHOWN", "CAP_KILL"].contains(&name)
        }),
        (
            "CapabilityBoundingSet=CAP_CHOWN \\\n# a remark\n  CAP_KILL\nCapabilityBoundingSet=~CAP_KILL",
            &|name| name != "CAP_CHOWN",
        ),
    ];
    for (settings, denies) in cases {
        compare(settings, "capability", "capability", &capabilities(), denies);
    }
}

#[test]
fn calls_of_a_deny_list_are_denied_and_what_else_is_denied_is_listed() {
    let cases: [(&str, &[&str]); 4] = [
        ("SystemCallFilter=~ptrace bpf", &["ptrace", "bpf"]),
        ("SystemCallFilter=~setuid:EPERM umount2", &["setuid", "umount2"]),
        ("SystemCallFilter=~ptrace bpf\nSystemCallFilter=bpf", &["ptrace"]),
        ("SystemCallFilter=~mount\nSystemCallFilter=\nSystemCallFilter=~kexec_load", &["kexec_load"]),
    ];
    for (settings, denied) in cases {
        compare(settings, "syscall", "syscall", &calls(), |name| denied.contains(&name));
    }
}

#[test]
fn groups_and_allow_lists_of_calls_are_listed_as_weaker() {
    let (_, changes) = imported("SystemCallFilter=~@debug ptrace nosuchcall");
    let weaker: Vec<_> = changes.iter().filter(|change| change.effect == Differs::Weaker).collect();
    assert_eq!(
        weaker.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(),
        ["`@debug`", "`nosuchcall`", "`SystemCallFilter`"]
    );
    assert_eq!(weaker[0].line, 5);
    let (_, changes) = imported("SystemCallFilter=@system-service\nCapabilityBoundingSet=");
    assert!(
        changes.iter().any(|change| change.effect == Differs::Weaker && change.what == "`SystemCallFilter`")
    );
}

#[test]
fn addresses_are_allowed_as_the_unit_allows_them() {
    let addresses: Vec<String> = [
        "0.0.0.0",
        "9.255.255.255",
        "10.0.0.0",
        "10.1.2.3",
        "10.255.255.255",
        "11.0.0.0",
        "127.0.0.1",
        "127.255.255.255",
        "128.0.0.0",
        "169.254.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::2",
        "2001:db8::1",
        "2001:db8:0:1::",
        "fe80::1",
        "fe80:0:0:1::",
        "ff02::1",
        "ffff::ffff",
    ]
    .map(str::to_owned)
    .to_vec();
    let contains = |blocks: &[&str], address: &str| {
        let address: IpAddr = address.parse().unwrap();
        blocks.iter().any(|block| Cidr::parse(block).unwrap().contains(address))
    };
    let cases: [(&str, &[&str], &[&str]); 6] = [
        ("IPAddressDeny=any", &["0.0.0.0/0", "::/0"], &[]),
        (
            "IPAddressDeny=any\nIPAddressAllow=10.0.0.0/8 localhost",
            &["0.0.0.0/0", "::/0"],
            &["10.0.0.0/8", "127.0.0.0/8", "::1/128"],
        ),
        ("IPAddressDeny=10.0.0.0/8 multicast", &["10.0.0.0/8", "224.0.0.0/4", "ff00::/8"], &[]),
        ("IPAddressDeny=10.0.0.0/8\nIPAddressAllow=10.1.2.3", &["10.0.0.0/8"], &["10.1.2.3"]),
        ("IPAddressDeny=link-local 2001:db8::/64", &["169.254.0.0/16", "fe80::/64", "2001:db8::/64"], &[]),
        ("IPAddressDeny=any\nIPAddressDeny=\nIPAddressDeny=192.0.2.1", &["192.0.2.1"], &[]),
    ];
    for (settings, denied, allowed) in cases {
        compare(settings, "connect", "address", &addresses, |address| {
            contains(denied, address) && !contains(allowed, address)
        });
    }
}

#[test]
fn programs_outside_of_the_allowed_paths_are_denied() {
    let paths =
        ["/usr/bin/logger", "/usr/bin", "/usr/binx/y", "/opt/amf/bin/amf", "/tmp/x"].map(str::to_owned);
    let settings = "NoExecPaths=/\nExecPaths=-/usr/bin /opt/amf/bin/amf";
    compare(settings, "exec", "path", &paths, |path| {
        !["/usr/bin", "/opt/amf/bin/amf"]
            .iter()
            .any(|below| path == *below || path.starts_with(&format!("{below}/")))
    });
    let (_, changes) = imported("NoExecPaths=/tmp\nCapabilityBoundingSet=");
    assert!(changes.iter().any(|change| change.effect == Differs::Weaker && change.what == "`NoExecPaths`"));
}

#[test]
fn what_a_profile_does_not_have_is_listed_with_its_line() {
    let (_, changes) = imported(
        "CapabilityBoundingSet=\nProtectSystem=strict\nReadOnlyPaths=/etc\nRestrictAddressFamilies=AF_INET",
    );
    let listed: Vec<_> =
        changes.iter().map(|change| (change.line, change.what.as_str(), change.effect.name())).collect();
    let weaker = "weaker";
    assert_eq!(
        listed,
        [
            (6, "`ProtectSystem`", weaker),
            (7, "`ReadOnlyPaths`", weaker),
            (8, "`RestrictAddressFamilies`", weaker)
        ]
    );
}

#[test]
fn a_unit_that_a_profile_cannot_stand_for_is_refused_and_one_without_lists_is_none() {
    let unit = |start: &str| format!("[Service]\n{start}\nCapabilityBoundingSet=\n");
    for start in [
        "",
        "ExecStart=/a\nExecStart=/b",
        "ExecStart=+/a",
        "ExecStart=%h/a",
        "ExecStart=a",
        "ExecStart=\"/a b\"",
    ] {
        assert!(systemd::import("x.service", &unit(start)).is_err(), "{start}");
    }
    assert_eq!(systemd::import("x.service", "[Service]\nExecStart=/a\n"), Ok(None));
    assert!(systemd::import("x.service", &" ".repeat(systemd::LARGEST_UNIT + 1)).is_err());
    for text in ["[Service", "=\\", "[Service]\n=\nCapabilityBoundingSet\n\\", "\u{0}[Service]\u{feff}\n"] {
        assert_eq!(systemd::import("x.service", text), Ok(None), "{text}");
    }
}
