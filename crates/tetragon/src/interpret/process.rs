//! The filters of a selector on the process -> their decided form.

use super::fact::Register;
use super::test::Test;
use super::text_set::{Comparison, TextSet};
use crate::{BinaryFilter, BinaryOperator, Membership, Selector};

/// Returns the filter on the executable; none if it has no values, which Tetragon ignores.
pub(super) fn binary(filter: &BinaryFilter<'_>) -> Option<Test> {
    let (set, negated) = set(filter)?;
    Some(Test::Binary { set, negated, follow: filter.follow_children })
}

/// Returns the filter on the parent's executable.
pub(super) fn parent(filter: &BinaryFilter<'_>) -> Option<Test> {
    let (set, negated) = set(filter)?;
    Some(Test::Parent { set, negated, follow: filter.follow_children })
}

fn set(filter: &BinaryFilter<'_>) -> Option<(TextSet, bool)> {
    let comparison = match filter.operator.value {
        BinaryOperator::In | BinaryOperator::NotIn => Comparison::Equal,
        BinaryOperator::Prefix | BinaryOperator::NotPrefix => Comparison::Prefix,
        BinaryOperator::Postfix | BinaryOperator::NotPostfix => Comparison::Postfix,
    };
    let set = TextSet::new(comparison, filter.values.iter().map(|value| value.value.as_ref()));
    (!filter.values.is_empty()).then_some((set, filter.operator.value.is_negative()))
}

/// Adds the filters that no event can decide, each as a fact.
pub(super) fn facts(selector: &Selector<'_>, register: &mut Register, tests: &mut Vec<Test>) {
    let mut add = |key: String, words: &str| tests.push(Test::Fact(register.number(key, words)));
    let sign = |membership: Membership| membership.name();
    for filter in &selector.pids {
        let mut values: Vec<u32> = filter.values.iter().map(|value| value.value).collect();
        values.sort_unstable();
        let key = format!(
            "matchPIDs {} {values:?} {} {}",
            sign(filter.operator.value),
            filter.is_namespace_pid,
            filter.follow_forks
        );
        add(key, "`matchPIDs`");
    }
    for filter in &selector.namespaces {
        let values = sorted(&filter.values);
        let kind = filter.namespace.value.name();
        add(
            format!("matchNamespaces {kind} {} {values:?}", sign(filter.operator.value)),
            "`matchNamespaces`",
        );
    }
    for filter in &selector.namespace_changes {
        let values = sorted(&filter.values);
        let key = format!("matchNamespaceChanges {} {values:?}", sign(filter.operator.value));
        add(key, "`matchNamespaceChanges`");
    }
    let sections = [
        ("matchCapabilities", "`matchCapabilities`", &selector.capabilities),
        ("matchCapabilityChanges", "`matchCapabilityChanges`", &selector.capability_changes),
    ];
    for (section, words, filters) in sections {
        for filter in filters {
            let key = format!(
                "{section} {} {} {} {:?}",
                filter.set.name(),
                sign(filter.operator.value),
                filter.is_namespace_capability,
                sorted(&filter.values)
            );
            add(key, words);
        }
    }
    if let Some(span) = selector.workloads {
        add(format!("matchWorkloads {span:?}"), "`matchWorkloads`");
    }
}

/// Returns values as a sorted set.
pub(super) fn sorted<'value>(values: &'value [crate::Text<'_>]) -> Vec<&'value str> {
    let mut values: Vec<&str> = values.iter().map(|value| value.value.as_ref()).collect();
    values.sort_unstable();
    values.dedup();
    values
}
