//! Selectors of a hook -> those that are never evaluated because an earlier one matches everything they match.
//!
//! Only the first selector that matches acts. An earlier selector is wider when each of its filters is implied by a filter
//! of the later one on the same thing. What cannot be compared counts as not implied, so nothing is reported about it.

use telovix_diagnostic::{Diagnostic, Sink};

use crate::codes::{SHADOWED_SELECTOR, UNREACHABLE_SELECTOR};
use crate::{ArgumentFilter, BinaryFilter, BinaryOperator, Hook, Operator, Selector, Text};

/// Most selectors of a hook that are compared with each other.
const COMPARED: usize = 16;
/// Most filters of a selector that is compared with others.
const FILTERS: usize = 64;
/// Most values of two filters that are compared with each other.
const VALUES: usize = 100_000;

/// Reports selectors that no event reaches.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    let selectors: Vec<&Selector> = hook.selectors.iter().map(AsRef::as_ref).take(COMPARED).collect();
    for (position, later) in selectors.iter().enumerate() {
        let earlier = selectors.iter().take(position);
        let Some(wider) = earlier.into_iter().find(|earlier| is_wider(hook, earlier, later)) else {
            continue;
        };
        if wider.matches_everything() {
            let message = "this selector is never evaluated";
            let diagnostic = Diagnostic::new(&UNREACHABLE_SELECTOR, later.span, message);
            let help = "move the selector without filters to the end";
            sink.report(diagnostic.related(wider.span, "this one matches every event").help(help));
            // The others after it are unreachable for the same reason.
            return;
        }
        let enforces =
            |selector: &Selector| selector.actions.iter().any(|action| action.kind.value.enforces());
        let message = if enforces(later) && !enforces(wider) {
            "this selector is never evaluated, so what it denies or kills is allowed"
        } else {
            "this selector is never evaluated"
        };
        let diagnostic = Diagnostic::new(&SHADOWED_SELECTOR, later.span, message);
        let help = "write the narrower selector first";
        sink.report(diagnostic.related(wider.span, "this one matches all of its events first").help(help));
    }
}

fn is_wider(hook: &Hook, wide: &Selector, narrow: &Selector) -> bool {
    let is_large = |selector: &Selector| {
        let lists = [selector.arguments.len(), selector.data.len(), selector.pids.len()];
        let more = [selector.namespaces.len(), selector.capabilities.len(), selector.binaries.len()];
        lists.into_iter().chain(more).any(|length| length > FILTERS)
    };
    if !wide.macros.is_empty() || wide.workloads.is_some() || is_large(wide) || is_large(narrow) {
        return false;
    }
    let same = |wide: &[Text<'_>], narrow: &[Text<'_>]| {
        wide.iter().map(|value| &value.value).eq(narrow.iter().map(|value| &value.value))
    };
    let binaries = |wide: &[BinaryFilter<'_>], narrow: &[BinaryFilter<'_>]| {
        wide.iter().all(|wide| narrow.iter().any(|narrow| binary_implies(narrow, wide)))
    };
    binaries(&wide.binaries, &narrow.binaries)
        && binaries(&wide.parent_binaries, &narrow.parent_binaries)
        && wide.pids.iter().all(|wide| {
            narrow.pids.iter().any(|narrow| {
                let values = wide.values.iter().map(|pid| pid.value).eq(narrow.values.iter().map(|pid| pid.value));
                values
                    && wide.operator.value == narrow.operator.value
                    && wide.is_namespace_pid == narrow.is_namespace_pid
                    && wide.follow_forks == narrow.follow_forks
            })
        })
        && wide.namespaces.iter().all(|wide| {
            narrow.namespaces.iter().any(|narrow| {
                wide.namespace.value == narrow.namespace.value
                    && wide.operator.value == narrow.operator.value
                    && same(&wide.values, &narrow.values)
            })
        })
        && wide.capabilities.iter().all(|wide| {
            narrow.capabilities.iter().any(|narrow| {
                wide.set == narrow.set
                    && wide.operator.value == narrow.operator.value
                    && wide.is_namespace_capability == narrow.is_namespace_capability
                    && same(&wide.values, &narrow.values)
            })
        })
        // These depend on the history of the process.
        && wide.namespace_changes.is_empty()
        && wide.capability_changes.is_empty()
        && wide.arguments.iter().all(|wide| {
            narrow.arguments.iter().any(|narrow| filter_implies(hook, narrow, wide))
        })
        && wide.data.iter().all(|wide| {
            let position = |filter: &ArgumentFilter<'_>| filter.index.map_or(0, |index| index.value);
            narrow.data.iter().any(|narrow| position(narrow) == position(wide) && implies(narrow, wide))
        })
}

fn filter_implies(hook: &Hook, narrow: &ArgumentFilter<'_>, wide: &ArgumentFilter<'_>) -> bool {
    if narrow.operator.value == Operator::CelExpression || wide.operator.value == Operator::CelExpression {
        return false;
    }
    let (Some(one), Some(other)) = (hook.argument_of(narrow), hook.argument_of(wide)) else { return false };
    std::ptr::eq(one, other) && implies(narrow, wide)
}

/// Returns whether every event that one filter matches also matches the other, on the same argument.
fn implies(narrow: &ArgumentFilter<'_>, wide: &ArgumentFilter<'_>) -> bool {
    use Operator as O;
    if narrow.values.is_empty() || wide.values.is_empty() || narrow.values.len() * wide.values.len() > VALUES
    {
        return false;
    }
    match (narrow.operator.value, wide.operator.value) {
        (O::Equal, O::Prefix) | (O::Prefix, O::Prefix) => {
            all_have(narrow, wide, |value, prefix| value.starts_with(prefix))
        }
        (O::Equal, O::Postfix) | (O::Postfix, O::Postfix) => {
            all_have(narrow, wide, |value, postfix| value.ends_with(postfix))
        }
        (O::NotPrefix, O::NotPrefix) => all_have(wide, narrow, |value, prefix| value.starts_with(prefix)),
        (O::NotPostfix, O::NotPostfix) => all_have(wide, narrow, |value, postfix| value.ends_with(postfix)),
        (O::Equal, O::NotPrefix) => none_has(narrow, wide, |value, prefix| value.starts_with(prefix)),
        (O::Equal, O::NotPostfix) => none_has(narrow, wide, |value, postfix| value.ends_with(postfix)),
        (O::Equal, O::NotEqual) => none_has(narrow, wide, |value, other| value == other),
        (O::Prefix, O::NotPrefix) => {
            none_has(narrow, wide, |value, prefix| value.starts_with(prefix) || prefix.starts_with(value))
        }
        (one, other) if one == other && is_set(one) => all_have(narrow, wide, |value, other| value == other),
        (one, other) if one == other && one.is_negative() => {
            all_have(wide, narrow, |value, other| value == other)
        }
        _ => false,
    }
}

/// Operators that match any of their values.
fn is_set(operator: Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Equal
            | O::InMap
            | O::InRange
            | O::SPort
            | O::DPort
            | O::SAddr
            | O::DAddr
            | O::Protocol
            | O::Family
            | O::State
            | O::FileType
            | O::SubString
            | O::Mask
    )
}

/// Returns whether each value of the first filter has the relation to some value of the second.
fn all_have(
    first: &ArgumentFilter<'_>,
    second: &ArgumentFilter<'_>,
    relation: impl Fn(&str, &str) -> bool,
) -> bool {
    first.values.iter().all(|one| second.values.iter().any(|other| relation(&one.value, &other.value)))
}

/// Returns whether no value of the first filter has the relation to any value of the second.
fn none_has(
    first: &ArgumentFilter<'_>,
    second: &ArgumentFilter<'_>,
    relation: impl Fn(&str, &str) -> bool,
) -> bool {
    !first.values.iter().any(|one| second.values.iter().any(|other| relation(&one.value, &other.value)))
}

/// Returns whether every process that one filter matches also matches the other.
fn binary_implies(narrow: &BinaryFilter<'_>, wide: &BinaryFilter<'_>) -> bool {
    use BinaryOperator as B;
    if narrow.follow_children != wide.follow_children
        || narrow.values.is_empty()
        || wide.values.is_empty()
        || narrow.values.len() * wide.values.len() > VALUES
    {
        return false;
    }
    let all = |first: &BinaryFilter<'_>, second: &BinaryFilter<'_>, relation: fn(&str, &str) -> bool| {
        first.values.iter().all(|one| second.values.iter().any(|other| relation(&one.value, &other.value)))
    };
    match (narrow.operator.value, wide.operator.value) {
        (B::In, B::In) => all(narrow, wide, |one, other| one == other),
        (B::NotIn, B::NotIn) => all(wide, narrow, |one, other| one == other),
        (B::In | B::Prefix, B::Prefix) => all(narrow, wide, |one, other| one.starts_with(other)),
        (B::In | B::Postfix, B::Postfix) => all(narrow, wide, |one, other| one.ends_with(other)),
        (B::NotPrefix, B::NotPrefix) => all(wide, narrow, |one, other| one.starts_with(other)),
        (B::NotPostfix, B::NotPostfix) => all(wide, narrow, |one, other| one.ends_with(other)),
        _ => false,
    }
}
