//! A literal and slow reading of the rules by which Tetragon evaluates LSM hooks, for complete events.

use std::net::IpAddr;

use crate::generated::EXPRESSIONS;
use telovix_policy::confine::{Access, Effect, Operation};
use telovix_policy::judge::Event;
use telovix_tetragon::{
    ActionKind, ArgumentFilter, BinaryFilter, BinaryOperator, Hook, HookPoint, Operator, Selector,
    TracingPolicy,
};

/// What a filter reads.
enum Seen {
    Path(Option<String>),
    Peer(IpAddr, u16),
    Number(i64),
}

/// Returns the effect of a policy on an event, where what no event tells is so or not: whether `matchPIDs` matches, the
/// kernel finds texts inside of others, and a file is of an unusual type.
pub(crate) fn effect(policy: &TracingPolicy<'_>, event: &Event, pid: bool) -> Effect {
    let hooks = &policy.spec.hooks;
    let enforcing =
        |kind: ActionKind| matches!(kind, ActionKind::Sigkill | ActionKind::Signal | ActionKind::Override);
    let all = hooks.iter().flat_map(|hook| &hook.selectors).flat_map(|selector| &selector.actions);
    let monitors = policy.spec.options.iter().any(|option| option.value.value == "monitor")
        || !all.into_iter().any(|action| enforcing(action.kind.value));
    let mut strongest = Effect::Allow;
    for hook in hooks {
        if !is_called(hook, event) {
            continue;
        }
        let effect = match hook.selectors.iter().find(|selector| matches(hook, selector, event, pid)) {
            None if hook.selectors.is_empty() => Effect::Log,
            None => Effect::Allow,
            Some(selector) => {
                let has = |kind| selector.actions.iter().any(|action| action.kind.value == kind);
                if has(ActionKind::Override) && !monitors {
                    Effect::Deny
                } else if (has(ActionKind::Sigkill) || has(ActionKind::Signal)) && !monitors {
                    Effect::Kill
                } else if has(ActionKind::NoPost) {
                    Effect::Allow
                } else {
                    Effect::Log
                }
            }
        };
        strongest = strongest.max(effect);
    }
    strongest
}

fn name<'policy>(hook: &'policy Hook<'_>) -> &'policy str {
    match &hook.point {
        HookPoint::Lsm { hook } => &hook.value,
        HookPoint::Kprobe { call, .. } => &call.value,
        other => panic!("{other:?} is not generated"),
    }
}

fn is_called(hook: &Hook<'_>, event: &Event) -> bool {
    match (name(hook), event.operation) {
        ("bprm_check_security" | "file_open", Operation::Exec)
        | ("socket_connect", Operation::Connect)
        | ("capable" | "security_capable", Operation::Capability)
        | ("security_bpf", Operation::Bpf)
        | ("socket_create", Operation::Socket) => true,
        ("file_open", Operation::Open) => {
            let used = event.access.expect("a complete event");
            [Access::Read, Access::Write, Access::Execute].into_iter().any(|access| used.contains(access))
        }
        _ => false,
    }
}

fn matches(hook: &Hook<'_>, selector: &Selector<'_>, event: &Event, pid: bool) -> bool {
    let binary = event.binary.as_deref().expect("a complete event");
    let line = event.ancestors.as_deref().expect("a complete event");
    for filter in &selector.binaries {
        if !by_binary(filter, binary, line) {
            return false;
        }
    }
    for filter in &selector.parent_binaries {
        if let Some((parent, above)) = line.split_first()
            && !by_binary(filter, parent, above)
        {
            return false;
        }
    }
    if !selector.pids.is_empty() && !pid {
        return false;
    }
    selector.arguments.iter().all(|filter| by_argument(filter, &seen(hook, filter, event), event, pid))
}

fn by_binary(filter: &BinaryFilter<'_>, binary: &str, line: &[String]) -> bool {
    let compare = |path: &str| {
        filter.values.iter().any(|value| match filter.operator.value {
            BinaryOperator::In | BinaryOperator::NotIn => path == value.value,
            BinaryOperator::Prefix | BinaryOperator::NotPrefix => path.starts_with(value.value.as_ref()),
            BinaryOperator::Postfix | BinaryOperator::NotPostfix => path.ends_with(value.value.as_ref()),
        })
    };
    let found = compare(binary) || (filter.follow_children && line.iter().any(|above| compare(above)));
    match filter.operator.value {
        BinaryOperator::In | BinaryOperator::Prefix | BinaryOperator::Postfix => found,
        BinaryOperator::NotIn | BinaryOperator::NotPrefix | BinaryOperator::NotPostfix => !found,
    }
}

fn seen(hook: &Hook<'_>, filter: &ArgumentFilter<'_>, event: &Event) -> Seen {
    match (name(hook), filter.index.expect("written").value) {
        ("socket_connect", _) => {
            Seen::Peer(event.address.expect("a complete event"), event.port.expect("a complete event"))
        }
        // BPF_PROG_LOAD.
        ("security_bpf", _) => Seen::Number(5),
        ("capable" | "security_capable", _) => {
            Seen::Number(event.capability.expect("a complete event").number().into())
        }
        ("socket_create", 0) => Seen::Number(event.family.expect("a complete event").into()),
        ("socket_create", _) => Seen::Number(event.socket_type.expect("a complete event").number().into()),
        _ => Seen::Path(event.path.clone().filter(|path| event.anonymous != Some(true) && path != "/")),
    }
}

fn by_argument(filter: &ArgumentFilter<'_>, seen: &Seen, event: &Event, other: bool) -> bool {
    use Operator as O;
    let values = || filter.values.iter().map(|value| value.value.as_ref());
    let range = |text: &str| -> (i64, i64) {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        (number(first), number(last))
    };
    match (filter.operator.value, seen) {
        (O::FileType, Seen::Path(_)) => values().any(|value| value == file_type(event, other)),
        (O::NotFileType, Seen::Path(_)) => !values().any(|value| value == file_type(event, other)),
        (_, Seen::Path(None)) => false,
        (O::SubString, Seen::Path(Some(path))) => other && values().any(|value| path.contains(value)),
        (O::SubStringIgnoreCase, Seen::Path(Some(path))) => {
            let path = path.to_lowercase();
            other && values().any(|value| path.contains(&value.to_lowercase()))
        }
        (O::CelExpression, Seen::Number(number)) => {
            let [text] = filter.values.as_slice() else { panic!("one expression") };
            let meant = EXPRESSIONS.iter().find(|(known, _)| *known == text.value).expect("a known one").1;
            meant(i32::try_from(*number).expect("a small number"))
        }
        (O::Equal, Seen::Path(Some(path))) => values().any(|value| path == value),
        (O::NotEqual, Seen::Path(Some(path))) => !values().any(|value| path == value),
        (O::Prefix, Seen::Path(Some(path))) => values().any(|value| path.starts_with(value)),
        (O::NotPrefix, Seen::Path(Some(path))) => !values().any(|value| path.starts_with(value)),
        (O::Postfix, Seen::Path(Some(path))) => values().any(|value| path.ends_with(value)),
        (O::NotPostfix, Seen::Path(Some(path))) => !values().any(|value| path.ends_with(value)),
        (O::SAddr, Seen::Peer(address, _)) => values().any(|value| within(value, *address)),
        (O::NotSAddr, Seen::Peer(address, _)) => !values().any(|value| within(value, *address)),
        (O::SPort, Seen::Peer(_, port)) => {
            values().map(range).any(|(first, last)| first <= i64::from(*port) && i64::from(*port) <= last)
        }
        (O::NotSPort, Seen::Peer(_, port)) => {
            !values().map(range).any(|(first, last)| first <= i64::from(*port) && i64::from(*port) <= last)
        }
        (O::SPortPriv, Seen::Peer(_, port)) => *port < 1024,
        (O::NotSPortPriv, Seen::Peer(_, port)) => *port >= 1024,
        (O::Family, Seen::Peer(address, _)) => values().any(|value| match value {
            "AF_INET" | "2" => address.is_ipv4(),
            "AF_INET6" => address.is_ipv6(),
            _ => false,
        }),
        (O::Equal, Seen::Number(found)) => values().any(|value| number(value) == *found),
        (O::NotEqual, Seen::Number(found)) => !values().any(|value| number(value) == *found),
        (O::Gt, Seen::Number(found)) => values().any(|value| *found > number(value)),
        (O::Lt, Seen::Number(found)) => values().any(|value| *found < number(value)),
        (O::Mask, Seen::Number(found)) => values().any(|value| *found & number(value) != 0),
        (O::InMap | O::InRange, Seen::Number(found)) => {
            values().map(range).any(|(first, last)| (first..=last).contains(found))
        }
        (O::NotInMap | O::NotInRange, Seen::Number(found)) => {
            !values().map(range).any(|(first, last)| (first..=last).contains(found))
        }
        (operator, _) => panic!("no {} is generated here", operator.name()),
    }
}

/// Returns a type that the file may have: the usual one, or another one.
fn file_type(event: &Event, other: bool) -> &'static str {
    let writes = event.access.is_some_and(|used| used.contains(Access::Write));
    let executes = event.operation == Operation::Exec
        || event.access.is_some_and(|used| used == [Access::Execute].into_iter().collect());
    match other {
        _ if executes => "reg",
        _ if event.path.as_deref() == Some("/") => "dir",
        true if writes => "fifo",
        true => "dir",
        false => "reg",
    }
}

fn number(text: &str) -> i64 {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).expect("a number"),
        None => text.parse().expect("a number"),
    }
}

fn within(block: &str, address: IpAddr) -> bool {
    let (network, length) = block.split_once('/').unwrap_or((block, ""));
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
    };
    let (network, address) = (bits(network.parse().expect("an address")), bits(address));
    let length = if length.is_empty() { network.len() } else { length.parse().expect("a length") };
    network.len() == address.len() && network[..length] == address[..length]
}
