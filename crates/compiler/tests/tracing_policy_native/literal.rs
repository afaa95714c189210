//! Random policies of one hook, events for them, and a literal reading: selector by selector, filter by filter.

use std::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use telovix_policy::confine::Effect;
use telovix_policy::judge::Event;

/// The hook of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    FileOpen,
    Exec,
    Connect,
    Capability,
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) place: Place,
    at_function: bool,
    selectors: Vec<Selector>,
}

#[derive(Debug, Clone)]
struct Selector {
    binaries: Option<Filter>,
    follow_children: bool,
    parents: Option<Filter>,
    arguments: Vec<Filter>,
    action: Action,
}

#[derive(Debug, Clone)]
struct Filter {
    operator: &'static str,
    values: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Post,
    Deny,
    Kill,
    Both,
}

const BINARIES: [&str; 6] = ["/usr/bin/a", "/usr/bin/b", "/usr/bin/b/c", "/usr/sbin/a", "/opt/a", "/opt/d"];
const BINARY_PREFIXES: [&str; 3] = ["/usr/bin/", "/usr/", "/opt/a"];
const PATHS: [&str; 8] = [
    "/etc/a",
    "/etc/a/b",
    "/etc/ab",
    "/etc",
    "/srv/x",
    "/srv/x/y",
    "/",
    "/a-name-of-more-than-sixteen-bytes/x",
];
const PREFIXES: [&str; 6] = ["/etc/", "/etc/a", "/", "/srv/x", "/srv/", "/a-name-of-more-than-"];
const ADDRESSES: [&str; 6] = ["10.0.0.1", "10.200.0.1", "192.0.2.1", "2001:db8::1", "2001:db8:1::1", "::1"];
const BLOCKS: [&str; 6] = ["10.0.0.0/8", "10.128.0.0/9", "0.0.0.0/0", "::/0", "2001:db8::/48", "192.0.2.1"];
const PORTS: [&str; 4] = ["80", "443", "8000:8443", "1:1000"];
const CAPABILITIES: [&str; 4] = ["0", "21", "0xc", "40"];
const CAPABILITY_RANGES: [&str; 3] = ["10:13", "0:21", "30:40"];

fn values(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(all.to_vec(), 1..=3)
}

fn of(
    operators: &'static [&'static str],
    all: &'static [&'static str],
) -> impl Strategy<Value = Filter> + Clone {
    let values = subsequence(all.to_vec(), 1..=3);
    (select(operators.to_vec()), values).prop_map(|(operator, values)| Filter { operator, values })
}

fn binaries() -> impl Strategy<Value = Filter> {
    prop_oneof![
        6 => of(&["In", "NotIn"], &BINARIES),
        1 => of(&["Prefix", "NotPrefix"], &BINARY_PREFIXES),
        1 => of(&["Postfix"], &["/a", "/d", "/c"]),
    ]
}

fn parents() -> impl Strategy<Value = Filter> {
    prop_oneof![1 => of(&["In"], &BINARIES), 4 => of(&["NotIn"], &BINARIES)]
}

fn argument(place: Place) -> BoxedStrategy<Filter> {
    match place {
        Place::FileOpen | Place::Exec => {
            prop_oneof![of(&["Equal", "NotEqual"], &PATHS), of(&["Prefix", "NotPrefix"], &PREFIXES)].boxed()
        }
        Place::Connect => prop_oneof![
            2 => of(&["SAddr", "NotSAddr"], &BLOCKS),
            2 => of(&["SPort", "NotSPort"], &PORTS),
            1 => of(&["Family"], &["AF_INET", "AF_INET6", "AF_UNIX"]),
        ]
        .boxed(),
        Place::Capability => prop_oneof![
            of(&["Equal", "NotEqual", "GT", "LT"], &CAPABILITIES),
            of(&["InMap", "NotInMap", "InRange", "NotInRange"], &CAPABILITY_RANGES),
        ]
        .boxed(),
    }
}

fn selector(place: Place) -> impl Strategy<Value = Selector> {
    let action =
        select(vec![Action::Post, Action::Post, Action::Deny, Action::Deny, Action::Kill, Action::Both]);
    (
        prop::option::weighted(0.5, binaries()),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, parents()),
        prop::collection::vec(argument(place), 0..3),
        action,
    )
        .prop_map(|(binaries, follow, parents, arguments, action)| {
            let listed = binaries.as_ref().is_some_and(|filter| matches!(filter.operator, "In" | "NotIn"));
            Selector { binaries, follow_children: follow && listed, parents, arguments, action }
        })
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let places = vec![Place::FileOpen, Place::Exec, Place::Connect, Place::Capability];
    (select(places), any::<bool>()).prop_flat_map(|(place, at_function)| {
        prop::collection::vec(selector(place), 1..5).prop_map(move |selectors| Case {
            place,
            at_function,
            selectors,
        })
    })
}

/// Returns an event that passes the hook.
pub(crate) fn event(place: Place) -> impl Strategy<Value = Event> {
    let operation = match place {
        Place::FileOpen => prop_oneof![
            4 => select(PATHS.to_vec()).prop_map(|path| format!(r#""operation":"open","path":"{path}","access":["read"]"#)),
            1 => select(PATHS.to_vec()).prop_map(|path| format!(r#""operation":"exec","path":"{path}""#)),
        ]
        .boxed(),
        Place::Exec => prop_oneof![
            6 => select(PATHS.to_vec()).prop_map(|path| format!(r#""operation":"exec","path":"{path}""#)),
            1 => Just(r#""operation":"exec","anonymous":true"#.to_owned()),
        ]
        .boxed(),
        Place::Connect => (select(ADDRESSES.to_vec()), select(vec![80, 443, 8080, 53, 1_000]))
            .prop_map(|(address, port)| {
                format!(r#""operation":"connect","address":"{address}","port":{port}"#)
            })
            .boxed(),
        Place::Capability => select(vec!["CHOWN", "SYS_ADMIN", "NET_ADMIN", "NET_RAW", "CHECKPOINT_RESTORE"])
            .prop_map(|name| format!(r#""operation":"capability","capability":"{name}""#))
            .boxed(),
    };
    let ancestors = values(&BINARIES).prop_shuffle();
    (operation, select(BINARIES.to_vec()), ancestors).prop_map(|(operation, binary, ancestors)| {
        let ancestors = ancestors.join(r#"",""#);
        let text = format!(r#"{{{operation},"binary":"{binary}","ancestors":["{ancestors}"]}}"#);
        Event::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    })
}

impl Case {
    /// Returns the policy as it is written.
    pub(crate) fn text(&self) -> String {
        let (name, index, kind) = match self.place {
            Place::FileOpen => ("file_open", 0, "file"),
            Place::Exec => ("bprm_check_security", 0, "linux_binprm"),
            Place::Connect => ("socket_connect", 1, "sockaddr"),
            Place::Capability => ("capable", 2, "int"),
        };
        let hook = match (self.at_function, self.place) {
            (false, _) => format!("  lsmhooks:\n  - hook: {name}\n"),
            (true, Place::Exec) => {
                "  kprobes:\n  - call: security_bprm_check\n    syscall: false\n".to_owned()
            }
            (true, _) => format!("  kprobes:\n  - call: security_{name}\n    syscall: false\n"),
        };
        let mut text = format!(
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: telovix-custom-x}}\nspec:\n{hook}    \
             args: [{{index: {index}, type: {kind}}}]\n    selectors:\n"
        );
        for selector in &self.selectors {
            text.push_str("    - matchActions: [");
            text.push_str(match selector.action {
                Action::Post => "{action: Post}]\n",
                Action::Deny => "{action: Override, argError: -1}]\n",
                Action::Kill => "{action: Sigkill}]\n",
                Action::Both => "{action: Override, argError: -1}, {action: Sigkill}]\n",
            });
            let follow = if selector.follow_children { ", followChildren: true" } else { "" };
            if let Some(filter) = &selector.binaries {
                text.push_str(&format!("      matchBinaries: [{{{}{follow}}}]\n", filter.text()));
            }
            if let Some(filter) = &selector.parents {
                text.push_str(&format!("      matchParentBinaries: [{{{}}}]\n", filter.text()));
            }
            if !selector.arguments.is_empty() {
                text.push_str("      matchArgs:\n");
            }
            for filter in &selector.arguments {
                text.push_str(&format!("      - {{index: {index}, {}}}\n", filter.text()));
            }
        }
        text
    }
}

impl Filter {
    fn text(&self) -> String {
        format!("operator: {}, values: [\"{}\"]", self.operator, self.values.join("\", \""))
    }

    /// Returns whether one of the values passes, or with a negative operator none.
    fn passes(&self, positive: impl Fn(&str) -> bool) -> bool {
        self.values.iter().any(|value| positive(value)) != self.operator.starts_with("Not")
    }
}

/// Returns the effect of the first selector that matches.
pub(crate) fn effect(case: &Case, event: &Event) -> Effect {
    let first = case.selectors.iter().find(|selector| selector.matches(event));
    match first.map_or(Action::Post, |selector| selector.action) {
        Action::Post => Effect::Allow,
        Action::Deny => Effect::Deny,
        Action::Kill | Action::Both => Effect::Kill,
    }
}

impl Selector {
    fn matches(&self, event: &Event) -> bool {
        let binary = event.binary.as_deref().expect("complete");
        let ancestors = event.ancestors.as_deref().expect("complete");
        let executable = |filter: &Filter, path: &str| {
            filter.passes(|value| match filter.operator {
                "Prefix" | "NotPrefix" => path.starts_with(value),
                "Postfix" => path.ends_with(value),
                _ => path == value,
            })
        };
        let by_binary = self.binaries.as_ref().is_none_or(|filter| {
            let follows =
                self.follow_children && ancestors.iter().any(|path| filter.values.contains(&path.as_str()));
            executable(filter, binary) || (follows && filter.operator == "In")
        });
        let parent = ancestors.first().expect("a parent");
        by_binary
            && self.parents.as_ref().is_none_or(|filter| executable(filter, parent))
            && self.arguments.iter().all(|filter| argument_passes(filter, event))
    }
}

fn argument_passes(filter: &Filter, event: &Event) -> bool {
    if event.anonymous == Some(true) {
        return false;
    }
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).expect("a number"),
        None => text.parse().expect("a number"),
    };
    let within = |text: &str, value: u32| {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        (number(first)..=number(last)).contains(&value)
    };
    if let Some(path) = &event.path {
        return filter.passes(|value| match filter.operator {
            "Prefix" | "NotPrefix" => path.starts_with(value),
            _ => path == value,
        });
    }
    if let Some(address) = event.address {
        let port = u32::from(event.port.expect("complete"));
        return filter.passes(|value| match filter.operator {
            "SPort" | "NotSPort" => within(value, port),
            "Family" => value == if address.is_ipv4() { "AF_INET" } else { "AF_INET6" },
            _ => in_block(value, address),
        });
    }
    let capability = u32::from(event.capability.expect("complete").number());
    filter.passes(|value| match filter.operator {
        "GT" => capability > number(value),
        "LT" => capability < number(value),
        "Equal" | "NotEqual" => capability == number(value),
        _ => within(value, capability),
    })
}

/// Compares the first bits of an address, of one family only.
fn in_block(block: &str, address: IpAddr) -> bool {
    let (start, length) =
        block.split_once('/').unwrap_or((block, if address.is_ipv4() { "32" } else { "128" }));
    let length: usize = length.parse().expect("a length");
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte & (1 << bit) != 0)).collect()
    };
    let start: IpAddr = start.parse().expect("an address");
    start.is_ipv4() == address.is_ipv4()
        && bits(start).iter().take(length).eq(bits(address).iter().take(length))
}
