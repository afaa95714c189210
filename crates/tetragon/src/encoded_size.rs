//! A hook -> the size of its selectors in bytes, as Tetragon encodes them for its BPF programs.
//!
//! Source: `pkg/selectors/kernel.go`; the formula was checked against Tetragon's encoder.

use super::argument_type::{ArgumentClass, ArgumentType};
use super::cel;
use super::model::Hook;
use super::selector::{Action, ArgumentFilter, Selector};
use super::vocabulary::{ActionKind, Operator};

/// Bytes that Tetragon's programs can address: offsets are masked with 0x3ff (`bpf/process/pfilter.h`).
pub const ENCODED_BYTES: usize = 1_024;
/// Size of the buffer in Tetragon's encoder; the daemon panics beyond it.
pub(super) const ENCODER_BYTES: usize = 4_096;

/// A string compared as a whole: one map id for each length class.
const STRING_SET: usize = 44;
/// A map id.
const MAP: usize = 4;

/// Returns the encoded size of a hook's entry selectors, in bytes.
#[must_use]
pub fn encoded_size(hook: &Hook) -> usize {
    4 + hook.selectors.iter().map(|selector| 8 + selector_size(hook, selector)).sum::<usize>()
}

fn selector_size(hook: &Hook, selector: &Selector) -> usize {
    let pids: usize = selector.pids.iter().map(|filter| 12 + 4 * filter.values.len()).sum();
    let namespaces: usize = selector.namespaces.iter().map(|filter| 12 + 4 * filter.values.len()).sum();
    let capabilities = 20 * (selector.capabilities.len() + selector.capability_changes.len());
    let process = 20 + pids + namespaces + capabilities + 8 * selector.namespace_changes.len();
    let arguments: usize = selector.arguments.iter().map(|filter| filter_size(hook, filter)).sum();
    let data: usize = selector.data.iter().map(|filter| data_filter_size(hook, filter)).sum();
    let actions: usize = selector.actions.iter().map(action_size).sum();
    process + 24 + arguments + data + 4 + actions
}

fn filter_size(hook: &Hook, filter: &ArgumentFilter) -> usize {
    let kind = hook.argument_of(filter).map_or(ArgumentType::Auto, |argument| argument.kind.value);
    16 + payload(kind, filter)
}

fn data_filter_size(hook: &Hook, filter: &ArgumentFilter) -> usize {
    let kind = hook.data_of(filter).map_or(ArgumentType::Auto, |argument| argument.kind.value);
    16 + payload(kind, filter)
}

fn payload(kind: ArgumentType, filter: &ArgumentFilter) -> usize {
    let count = filter.values.len();
    match filter.operator.value {
        Operator::Equal
        | Operator::NotEqual
        | Operator::GreaterThan
        | Operator::LessThan
        | Operator::Gt
        | Operator::Lt
        | Operator::Mask => match kind.class() {
            ArgumentClass::Text | ArgumentClass::File | ArgumentClass::UnixAddress => STRING_SET,
            _ => count * kind.number_bytes(),
        },
        Operator::InRange | Operator::NotInRange => count * 2 * kind.number_bytes(),
        Operator::SAddr | Operator::NotSAddr | Operator::DAddr | Operator::NotDAddr => 2 * MAP,
        Operator::SubString | Operator::SubStringIgnoreCase | Operator::FileType | Operator::NotFileType => {
            4 * count
        }
        Operator::SPortPriv | Operator::NotSPortPriv | Operator::DPortPriv | Operator::NotDPortPriv => 0,
        Operator::CelExpression => {
            let arguments = |text: &str| cel::parse(text).map_or(0, |parsed| parsed.arguments().len());
            filter.values.iter().map(|value| 4 * arguments(&value.value)).sum()
        }
        Operator::Prefix
        | Operator::NotPrefix
        | Operator::Postfix
        | Operator::NotPostfix
        | Operator::SPort
        | Operator::NotSPort
        | Operator::DPort
        | Operator::NotDPort
        | Operator::Protocol
        | Operator::Family
        | Operator::State
        | Operator::InMap
        | Operator::NotInMap
        | Operator::CapabilitiesGained => MAP,
    }
}

fn action_size(action: &Action) -> usize {
    4 + match action.kind.value {
        ActionKind::Post => 20,
        ActionKind::NotifyEnforcer => 12,
        ActionKind::Set => 8,
        ActionKind::Override
        | ActionKind::Signal
        | ActionKind::GetUrl
        | ActionKind::DnsLookup
        | ActionKind::TrackSock
        | ActionKind::UntrackSock => 4,
        ActionKind::Sigkill | ActionKind::NoPost | ActionKind::CleanupEnforcerNotification => 0,
    }
}

#[cfg(test)]
mod tests;
