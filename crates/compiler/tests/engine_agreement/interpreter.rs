//! TracingPolicies and one call of a hook -> the effect that Tetragon has.
//!
//! Follows what was measured on Tetragon: selectors are OR-ed and the first that matches acts alone, filters
//! of a selector are AND-ed, an argument without a path matches no filter by path, and addresses are compared
//! within their family.

use std::net::{IpAddr, Ipv6Addr};

use telovix_policy::confine::Effect;
use telovix_tetragon::{
    Action, ActionKind, Argument, ArgumentFilter, BinaryFilter, BinaryOperator, Hook, HookPoint, Operator,
    Selector, TracingPolicy,
};

/// One call of a hook by one process.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `lsm:` and a hook, or `kprobe:` and a function.
    pub(crate) hook: String,
    /// The executable of the process.
    pub(crate) binary: String,
    /// The executables of its ancestors, nearest first.
    pub(crate) ancestors: Vec<String>,
    /// What the hook can read: position, field path, value.
    pub(crate) values: Vec<(u32, &'static str, Value)>,
}

/// A value at a hook.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A path, or a file without one.
    Path(Option<String>),
    Number(i128),
    Text(&'static str),
    /// An address of a family the filters know.
    Address(IpAddr, u16),
    /// An address of another family.
    OtherFamily,
}

/// Returns the strongest effect that the policies have on a call.
pub(crate) fn effect(policies: &[TracingPolicy], call: &Call) -> Effect {
    let effects = policies.iter().flat_map(|policy| {
        let hooks = policy.spec.hooks.iter().filter(|hook| is_called(hook, policy, call));
        hooks.map(|hook| act(hook, call))
    });
    effects.max().unwrap_or_default()
}

fn is_called(hook: &Hook, policy: &TracingPolicy, call: &Call) -> bool {
    match &hook.point {
        HookPoint::Lsm { hook } => call.hook == format!("lsm:{}", hook.value),
        HookPoint::Kprobe { call: function, .. } => match function.value.strip_prefix("list:") {
            None => call.hook == format!("kprobe:{}", function.value),
            Some(name) => {
                let list = policy.spec.lists.iter().find(|list| list.name.value == name);
                let functions = &list.expect("a hook names a list of its policy").values;
                functions.iter().any(|function| call.hook == format!("kprobe:{}", function.value))
            }
        },
        other => panic!("compiling makes no {}", other.section().name()),
    }
}

fn act(hook: &Hook, call: &Call) -> Effect {
    let matching = hook.selectors.iter().find(|selector| matches(hook, selector, call));
    matching.map_or(Effect::Allow, |selector| {
        let effects = selector.actions.iter().map(|action| action_effect(action, hook));
        effects.max().expect("compiling writes an action in every selector")
    })
}

fn action_effect(action: &Action, hook: &Hook) -> Effect {
    match action.kind.value {
        ActionKind::NoPost => Effect::Allow,
        ActionKind::Post => Effect::Log,
        ActionKind::Sigkill => Effect::Kill,
        ActionKind::Signal if action.signal.map(|signal| signal.value) == Some(9) => Effect::Kill,
        ActionKind::Override if matches!(hook.point, HookPoint::Lsm { .. }) => {
            assert_eq!(action.error.map(|error| error.value), Some(-1));
            Effect::Deny
        }
        other => panic!("compiling writes no {}", other.name()),
    }
}

fn matches(hook: &Hook, selector: &Selector, call: &Call) -> bool {
    selector.binaries.iter().all(|filter| matches_binary(filter, call))
        && selector.parent_binaries.iter().all(|filter| {
            let parent = call.ancestors.first().cloned().unwrap_or_default();
            matches_binary(filter, &Call { binary: parent, ..call.clone() })
        })
        && selector.arguments.iter().all(|filter| matches_argument(hook, filter, call))
}

fn matches_binary(filter: &BinaryFilter, call: &Call) -> bool {
    let listed = |binary: &String| filter.values.iter().any(|value| value.value == *binary);
    let ends = |binary: &String| filter.values.iter().any(|value| binary.ends_with(&*value.value));
    let starts = |binary: &String| filter.values.iter().any(|value| binary.starts_with(&*value.value));
    match filter.operator.value {
        BinaryOperator::In => {
            listed(&call.binary) || (filter.follow_children && call.ancestors.iter().any(listed))
        }
        BinaryOperator::Prefix => starts(&call.binary),
        BinaryOperator::Postfix => ends(&call.binary),
        other => panic!("compiling writes no {} on executables", other.name()),
    }
}

fn matches_argument(hook: &Hook, filter: &ArgumentFilter, call: &Call) -> bool {
    let argument = declared(hook, filter);
    let field = argument.resolve.as_ref().map_or("", |path| path.value.as_ref());
    let value = call.values.iter().find(|(index, path, _)| *index == argument.index.value && *path == field);
    let (_, _, value) = value.unwrap_or_else(|| panic!("`{}` has no argument {argument:?}", call.hook));
    let values = || filter.values.iter().map(|value| value.value.as_ref());
    match (filter.operator.value, value) {
        (Operator::Equal, Value::Path(path)) => {
            path.as_ref().is_some_and(|path| values().any(|value| value == path))
        }
        (Operator::NotEqual, Value::Path(path)) => {
            path.as_ref().is_some_and(|path| values().all(|value| value != path))
        }
        (Operator::Prefix, Value::Path(path)) => {
            path.as_ref().is_some_and(|path| values().any(|value| path.starts_with(value)))
        }
        (Operator::NotPrefix, Value::Path(path)) => {
            path.as_ref().is_some_and(|path| values().all(|value| !path.starts_with(value)))
        }
        (Operator::Equal, Value::Text(text)) => values().any(|value| value == *text),
        (Operator::Equal | Operator::InMap, Value::Number(number)) => {
            values().any(|value| as_number(value) == *number)
        }
        (Operator::NotEqual | Operator::NotInMap, Value::Number(number)) => {
            values().all(|value| as_number(value) != *number)
        }
        (Operator::Mask, Value::Number(number)) => values().any(|value| as_mask(value) & number != 0),
        (Operator::Family, Value::Address(address, _)) => {
            values().any(|value| value == if address.is_ipv4() { "AF_INET" } else { "AF_INET6" })
        }
        (Operator::SAddr, Value::Address(address, _)) => values().any(|value| within(value, *address)),
        (Operator::NotSAddr, Value::Address(address, _)) => values().all(|value| !within(value, *address)),
        (Operator::SPort, Value::Address(_, port)) => values().any(|value| has_port(value, *port)),
        (Operator::NotSPort, Value::Address(_, port)) => values().all(|value| !has_port(value, *port)),
        // Of the filters on addresses only the negation of a port holds for other families.
        (Operator::NotSPort, Value::OtherFamily) => true,
        (Operator::Family | Operator::SAddr | Operator::NotSAddr | Operator::SPort, Value::OtherFamily) => {
            false
        }
        (operator, value) => panic!("compiling writes no {} on {value:?}", operator.name()),
    }
}

fn declared<'hook>(hook: &'hook Hook, filter: &ArgumentFilter) -> &'hook Argument<'hook> {
    let found = match filter.positions.first() {
        Some(position) => hook.arguments.get(position.value as usize),
        None => {
            let index = filter.index.map_or(0, |index| index.value);
            hook.arguments.iter().find(|argument| argument.index.value == index)
        }
    };
    found.expect("the validator holds filters to declared arguments")
}

fn as_number(text: &str) -> i128 {
    text.parse().expect("compiling writes decimal numbers")
}

fn as_mask(text: &str) -> i128 {
    if text == "CAP_SYS_ADMIN" { 1 << 21 } else { as_number(text) }
}

/// Returns whether an address is inside a block of its own family; an IPv4-mapped address is of AF_INET6.
fn within(block: &str, address: IpAddr) -> bool {
    let (network, length) = block.split_once('/').expect("compiling writes blocks");
    let length: u32 = length.parse().expect("a length");
    let network: IpAddr = network.parse().expect("an address");
    let bits = |address: Ipv6Addr| address.to_bits();
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (bits(network) ^ bits(address)).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn has_port(range: &str, port: u16) -> bool {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    (first.parse().expect("a port")..=last.parse().expect("a port")).contains(&port)
}
