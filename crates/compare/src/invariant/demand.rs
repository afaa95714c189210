//! The events of an invariant -> one set of events per written entry.

use telovix_diagnostic::source::{Span, Spanned};
use telovix_document::{EventSet, List};
use telovix_policy::confine::{
    Access, AccessSet, Condition, EndpointSet, Operation, PathSet, PortSet, Region,
};
use telovix_policy::value::{NetworkPattern, PathPattern};

/// One entry of an invariant: events that must be stopped, or must be allowed.
pub(crate) struct Demand {
    pub(super) operation: Operation,
    condition: Condition,
    /// How it is shown.
    pub(crate) words: String,
    pub(super) span: Span,
}

impl Demand {
    /// Returns the condition of its events.
    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Returns its events.
    pub(super) fn region(&self) -> Region {
        Region::of(self.operation, &self.condition)
    }
}

/// Every access that changes a file.
const CHANGES: [Access; 6] =
    [Access::Write, Access::Create, Access::Truncate, Access::Delete, Access::Rename, Access::Link];

/// Returns each entry of a set of events.
pub(crate) fn demands(events: &EventSet) -> Vec<Demand> {
    let mut demands = Vec::new();
    list(&mut demands, events.exec.as_ref(), Operation::Exec, |pattern| {
        (
            format!("exec {pattern}"),
            Condition::Exec { paths: PathSet::from_iter([pattern]), anonymous: false },
        )
    });
    demands.extend(events.exec_memory.as_ref().map(|flag| Demand {
        operation: Operation::Exec,
        condition: Condition::Exec { paths: PathSet::default(), anonymous: true },
        words: "exec anonymous memory".to_owned(),
        span: flag.span,
    }));
    list(&mut demands, events.read.as_ref(), Operation::Open, |pattern| {
        (format!("read {pattern}"), open(&[Access::Read], pattern))
    });
    list(&mut demands, events.write.as_ref(), Operation::Open, |pattern| {
        (format!("write {pattern}"), open(&CHANGES, pattern))
    });
    list(&mut demands, events.connect.as_ref(), Operation::Connect, |pattern| {
        (format!("connect {pattern}"), Condition::Connect(destinations(*pattern)))
    });
    list(&mut demands, events.capabilities.as_ref(), Operation::Capability, |capability| {
        (format!("capability {capability}"), Condition::Capability([*capability].into_iter().collect()))
    });
    list(&mut demands, events.syscalls.as_ref(), Operation::Syscall, |syscall| {
        (format!("syscall {syscall}"), Condition::Syscall([*syscall].into_iter().collect()))
    });
    for Spanned { value: operation, span } in events.operations.iter().flat_map(|list| &list.items) {
        let words = operation.name().to_owned();
        demands.push(Demand { operation: *operation, condition: Condition::Always, words, span: *span });
    }
    demands
}

fn list<T>(
    demands: &mut Vec<Demand>,
    list: Option<&List<T>>,
    operation: Operation,
    demand: impl Fn(&T) -> (String, Condition),
) {
    for Spanned { value, span } in list.iter().flat_map(|list| &list.items) {
        let (words, condition) = demand(value);
        demands.push(Demand { operation, condition, words, span: *span });
    }
}

fn open(accesses: &[Access], pattern: &PathPattern) -> Condition {
    let accesses: AccessSet = accesses.iter().copied().collect();
    Condition::Open { paths: PathSet::from_iter([pattern]), accesses }
}

fn destinations(pattern: NetworkPattern) -> EndpointSet {
    let ports = pattern.ports.map_or_else(PortSet::all, |ports| PortSet::from_iter([ports]));
    match pattern.cidr {
        Some(cidr) => EndpointSet::product([cidr], &ports),
        None => EndpointSet::any_address(ports),
    }
}
