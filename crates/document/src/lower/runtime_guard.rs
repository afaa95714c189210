//! A runtime guard -> one confinement per list of each process, and the limits that its host has to enforce.

use std::collections::BTreeMap;
use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{
    AccessSet, Condition, Confinement, Dimension, DocumentKind, DocumentReference, Effect, EndpointSet, Gate,
    Listing, Member, MemberValue, Operation, PathSet, PortSet, Subject,
};
use telovix_policy::value::{Children, Scope};
use telovix_policy::value::{Cidr, NetworkPattern, PathPattern, PortRange};

use super::guardian_profile::members;
use super::{HostLimit, Resource};
use crate::{GuardMode, GuardProcess, List, RuntimeGuard};

/// Appends the confinements of a guard, process by process. Block lists come first: they take precedence.
pub(super) fn lower(guard: &RuntimeGuard, confinements: &mut Vec<Confinement>) {
    for process in &guard.processes {
        let name = &process.name.value;
        let kind = DocumentKind::RuntimeGuard;
        let document = Arc::new(DocumentReference { kind, id: name.clone(), name: name.clone() });
        let lists = Lists { guard, process, document };
        confinements.extend(lists.syscalls());
        confinements.extend(lists.blocked_files());
        confinements.extend(lists.blocked_network());
        confinements.extend(lists.allowed_exec());
        confinements.extend(lists.allowed_files());
        confinements.push(lists.allowed_network());
    }
}

/// Returns the limits of a guard. Zero means no limit.
pub(super) fn host_limits(guard: &RuntimeGuard) -> Vec<HostLimit<'_>> {
    let limits = guard.processes.iter().flat_map(|process| {
        let memory = (Resource::MemoryMegabytes, process.max_memory_mb.as_ref());
        let cpu = (Resource::CpuPercent, process.max_cpu_percent.as_ref());
        [memory, cpu].into_iter().filter_map(|(resource, limit)| {
            let limit = limit.filter(|limit| limit.value > 0)?;
            let process = process.name.value.as_str();
            Some(HostLimit { process, resource, limit, mode: guard.mode.value, waivers: &guard.waive })
        })
    });
    limits.collect()
}

struct Lists<'guard> {
    guard: &'guard RuntimeGuard,
    process: &'guard GuardProcess,
    document: Arc<DocumentReference>,
}

impl Lists<'_> {
    fn syscalls(&self) -> Option<Confinement> {
        let list = filled(self.process.blocked_syscalls.as_ref())?;
        let condition =
            Condition::Syscall(list.items.iter().flat_map(|item| item.value.operation()).collect());
        let members = members(list, |syscall| MemberValue::Syscall(*syscall));
        Some(self.confinement(
            Dimension::Syscalls,
            list.span,
            Operation::Syscall,
            condition,
            Listing::Blocks,
            members,
        ))
    }

    fn blocked_files(&self) -> Option<Confinement> {
        let list = filled(self.process.blocked_files.as_ref())?;
        let condition = Condition::Open { paths: paths(list), accesses: AccessSet::GOVERNED };
        Some(self.confinement(
            Dimension::Files,
            list.span,
            Operation::Open,
            condition,
            Listing::Blocks,
            path_members(list),
        ))
    }

    fn allowed_files(&self) -> Option<Confinement> {
        let list = filled(self.process.allowed_files.as_ref())?;
        let condition =
            Condition::Open { paths: paths(list).into_complement(), accesses: AccessSet::GOVERNED };
        Some(self.confinement(
            Dimension::Files,
            list.span,
            Operation::Open,
            condition,
            Listing::Allows,
            path_members(list),
        ))
    }

    fn allowed_exec(&self) -> Option<Confinement> {
        let list = filled(self.process.allowed_exec.as_ref())?;
        let condition = Condition::Exec { paths: paths(list).into_complement(), anonymous: true };
        Some(self.confinement(
            Dimension::Spawns,
            list.span,
            Operation::Exec,
            condition,
            Listing::Allows,
            path_members(list),
        ))
    }

    fn blocked_network(&self) -> Option<Confinement> {
        let list = filled(self.process.blocked_network.as_ref())?;
        let condition = Condition::Connect(endpoints(list));
        Some(self.confinement(
            Dimension::Network,
            list.span,
            Operation::Connect,
            condition,
            Listing::Blocks,
            network_members(list),
        ))
    }

    /// An absent or empty list allows no network at all.
    fn allowed_network(&self) -> Confinement {
        let list = self.process.allowed_network.as_ref();
        let span = list.map_or(self.process.name.span, |list| list.span);
        let condition = list.map_or_else(EndpointSet::all, |list| endpoints(list).complement());
        let members = list.map(network_members).unwrap_or_default();
        self.confinement(
            Dimension::Network,
            span,
            Operation::Connect,
            Condition::Connect(condition),
            Listing::Allows,
            members,
        )
    }

    fn confinement(
        &self,
        dimension: Dimension,
        span: Span,
        operation: Operation,
        condition: Condition,
        listing: Listing,
        members: Vec<Member>,
    ) -> Confinement {
        Confinement {
            document: Arc::clone(&self.document),
            dimension,
            span,
            subject: Subject::BaseName(self.process.name.value.clone()),
            children: Children::Leave,
            operation,
            condition,
            effect: match self.guard.mode.value {
                GuardMode::Audit | GuardMode::Alert => Effect::Log,
                GuardMode::Enforce => Effect::Deny,
            },
            gate: Gate::Active,
            scope: Scope::Fleet,
            exemptions: Vec::new(),
            listing,
            members,
            waivers: Arc::clone(&self.guard.waive),
        }
    }
}

fn filled<T>(list: Option<&List<T>>) -> Option<&List<T>> {
    list.filter(|list| !list.items.is_empty())
}

fn paths(list: &List<PathPattern>) -> PathSet {
    list.items.iter().map(|item| &item.value).collect()
}

fn path_members(list: &List<PathPattern>) -> Vec<Member> {
    members(list, |pattern| MemberValue::Path(pattern.clone()))
}

fn network_members(list: &List<NetworkPattern>) -> Vec<Member> {
    members(list, |pattern| MemberValue::Network(*pattern))
}

/// Returns the destinations of all patterns.
pub fn endpoints(list: &List<NetworkPattern>) -> EndpointSet {
    let mut blocks_by_ports: BTreeMap<Option<PortRange>, Vec<Cidr>> = BTreeMap::new();
    let mut anywhere = Vec::new();
    for pattern in list.items.iter().map(|item| item.value) {
        match pattern.cidr {
            Some(cidr) => blocks_by_ports.entry(pattern.ports).or_default().push(cidr),
            None => anywhere.push(pattern.ports),
        }
    }
    let ports =
        |ports: Option<PortRange>| ports.map_or_else(PortSet::all, |range| [range].into_iter().collect());
    let everywhere = match anywhere.iter().copied().collect::<Option<Vec<PortRange>>>() {
        Some(ranges) => ranges.into_iter().collect(),
        None => PortSet::all(),
    };
    let mut parts: Vec<EndpointSet> = blocks_by_ports
        .into_iter()
        .map(|(range, blocks)| EndpointSet::product(blocks, &ports(range)))
        .chain([EndpointSet::any_address(everywhere)])
        .collect();
    // Joined in pairs, so that ten thousand ports cost n log n and not n squared.
    while parts.len() > 1 {
        parts = parts.chunks(2).map(join).collect();
    }
    parts.pop().expect("the chain above ends in one part")
}

fn join(parts: &[EndpointSet]) -> EndpointSet {
    parts.iter().fold(EndpointSet::default(), |all, part| all.union(part))
}
