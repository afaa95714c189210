//! Negated address filters -> findings: IPv4 addresses alone exclude no IPv6 peer.

use telovix_diagnostic::{Diagnostic, Sink};

use crate::codes::IPV4_ONLY_NEGATION;
use crate::{ArgumentFilter, Hook, Operator, Selector};

/// Reports a kill or denial of every peer but some IPv4 addresses, which hits every IPv6 peer.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    for selector in &hook.selectors {
        if !selector.actions.iter().any(|action| action.kind.value.enforces()) || limits_family(selector) {
            continue;
        }
        for filter in selector.arguments.iter().chain(&selector.data) {
            if is_negated(filter)
                && !filter.values.is_empty()
                && filter.values.iter().all(|value| is_ipv4(&value.value))
            {
                let operator = filter.operator.value.name();
                let message = format!("`{operator}` with IPv4 addresses only matches every IPv6 peer");
                let help = "add the IPv6 addresses that are allowed, or `Family` with `AF_INET`";
                sink.report(Diagnostic::new(&IPV4_ONLY_NEGATION, filter.operator.span, message).help(help));
            }
        }
    }
}

fn is_negated(filter: &ArgumentFilter) -> bool {
    matches!(filter.operator.value, Operator::NotSAddr | Operator::NotDAddr)
}

fn is_ipv4(address: &str) -> bool {
    !address.contains(':')
}

/// Returns whether the selector matches one address family only.
fn limits_family(selector: &Selector) -> bool {
    let filters = selector.arguments.iter().chain(&selector.data);
    filters.into_iter().any(|filter| {
        let is_inet = |value: &str| matches!(value, "AF_INET" | "2");
        filter.operator.value == Operator::Family && filter.values.iter().all(|value| is_inet(&value.value))
    })
}
