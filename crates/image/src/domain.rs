//! The confinements of a domain -> its record, and the tables that domains share.

use rustc_hash::FxHashMap;
use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::{
    self, Automaton, CAPABILITIES, Decision, Domain, SYSCALL_CELLS, Section, SyscallTable, Syscalls,
};

use telovix_policy::confine::{
    CapabilitySet, Condition, Confinement, Effect, EndpointSet, Listing, Subject, SyscallSet,
};

use super::automaton::{Nodes, Values};
use super::class::{Classes, Runs};
use super::endpoint::Endpoints;
use super::kernel::kernel_operation;
use super::overlay::Paths;
use super::plan::{DomainPlan, Group};
use super::set_table::SetTable;
use super::syscall;

/// The tables of an image that is being packed.
pub(super) struct Tables<'policy> {
    confinements: &'policy [Confinement],
    groups: &'policy [Group<'policy>],
    /// Decisions: sets of confinements, strongest first.
    decisions: SetTable,
    classes: Runs<u32>,
    nodes: Nodes,
    endpoints: Endpoints,
    syscalls: Vec<SyscallTable>,
    syscall_numbers: FxHashMap<SyscallTable, u32>,
}

impl<'policy> Tables<'policy> {
    pub(super) fn new(confinements: &'policy [Confinement], groups: &'policy [Group<'policy>]) -> Self {
        let mut order: Vec<usize> = (0..confinements.len()).collect();
        // Strongest first; of equal ones the block list, which can name the entry; then in order.
        order.sort_by_key(|index| {
            let confinement = confinements.get(*index);
            let weight = confinement.map(|known| (known.acting_effect(), known.listing == Listing::Blocks));
            std::cmp::Reverse(weight)
        });
        let mut ranks = vec![0; confinements.len()];
        for (rank, index) in (0..).zip(order) {
            if let Some(cell) = ranks.get_mut(index) {
                *cell = rank;
            }
        }
        Self {
            confinements,
            groups,
            decisions: SetTable::new(ranks),
            classes: Runs::default(),
            nodes: Nodes::default(),
            endpoints: Endpoints::default(),
            syscalls: Vec::new(),
            syscall_numbers: FxHashMap::default(),
        }
    }

    pub(super) fn domain(&mut self, plan: &DomainPlan) -> Domain {
        let every = EndpointSet::all();
        let (mut here, mut strict) = (Here::default(), 0);
        let groups = || plan.groups.iter().filter_map(|index| self.groups.get(*index as usize));
        // Everybody's own domain is strict about what only a path or an address tells apart.
        let everybody = groups().all(|group| *group.subject == Subject::Everyone);
        let located = [layout::Operation::Exec, layout::Operation::File, layout::Operation::Connect];
        for group in groups() {
            for index in &group.members {
                let Some(confinement) = self.confinements.get(*index as usize) else { continue };
                here.add(*index, confinement, &every);
                let operation = kernel_operation(confinement);
                let counts = match *group.subject {
                    Subject::Everyone => {
                        everybody && operation.is_some_and(|operation| located.contains(&operation))
                    }
                    _ => true,
                };
                if counts && confinement.acting_effect() >= Effect::Kill {
                    strict |= operation.map_or(0, layout::Operation::bit);
                }
            }
        }
        let mut domain = Domain {
            operations: 0,
            strict: 0,
            inherits: plan.inherits,
            exec: self.automaton(&here.exec),
            file: self.automaton(&here.file),
            endpoints: self.endpoints(&here.endpoints),
            syscalls: self.syscalls(&here.syscalls),
            anonymous_exec: self.decisions.of(here.anonymous),
            slots: [0; layout::Operation::SLOTS],
            capabilities: [0; CAPABILITIES],
        };
        for (index, operation) in here.slots {
            if let Some(cell) = operation.slot().and_then(|slot| domain.slots.get_mut(slot)) {
                let member = self.decisions.single(index);
                *cell = self.decisions.union(*cell, member);
            }
        }
        for (index, capabilities) in here.capabilities {
            let member = self.decisions.single(index);
            for capability in capabilities.iter() {
                if let Some(cell) = domain.capabilities.get_mut(usize::from(capability.number())) {
                    *cell = self.decisions.union(*cell, member);
                }
            }
        }
        domain.operations = operations(&domain);
        domain.strict = strict & domain.operations;
        domain
    }

    fn automaton(&mut self, paths: &Paths<'_>) -> Automaton {
        let map = paths.overlay(&mut self.decisions);
        let mut classes = Classes::new(&mut self.decisions);
        let root = self.nodes.add(&map, &mut classes);
        let (classes, class_count) = self.classes.add(&classes.into_decisions());
        Automaton { root, classes, class_count }
    }

    fn endpoints(&mut self, sets: &[(u32, &EndpointSet)]) -> layout::Endpoints {
        if sets.is_empty() {
            return layout::Endpoints { start: 0, count: 0, classes: 0, class_count: 0 };
        }
        let mut classes = Classes::new(&mut self.decisions);
        let (start, count) = self.endpoints.add(sets, &mut classes);
        let (classes, class_count) = self.classes.add(&classes.into_decisions());
        layout::Endpoints { start, count, classes, class_count }
    }

    fn syscalls(&mut self, sets: &[(u32, Option<&SyscallSet>)]) -> Syscalls {
        let mut decisions = [0_u32; SYSCALL_CELLS];
        let mut decided = Vec::new();
        for (index, set) in sets {
            let member = self.decisions.single(*index);
            let first = decided.len();
            match set {
                Some(set) => set.iter().for_each(|call| decided.extend(syscall::cells_of(call))),
                None => decided.extend(0..SYSCALL_CELLS),
            }
            for cell in decided.iter().skip(first) {
                if let Some(decision) = decisions.get_mut(*cell) {
                    *decision = self.decisions.union(*decision, member);
                }
            }
        }
        if decided.is_empty() {
            return Syscalls { table: 0, classes: 0, class_count: 0 };
        }
        decided.sort_unstable();
        decided.dedup();
        let mut classes = Classes::new(&mut self.decisions);
        let mut table = SyscallTable { classes: [0; SYSCALL_CELLS] };
        for cell in decided {
            if let (Some(class), Some(decision)) = (table.classes.get_mut(cell), decisions.get(cell)) {
                *class = u16::try_from(classes.store(*decision)).unwrap_or(u16::MAX);
            }
        }
        let (classes, class_count) = self.classes.add(&classes.into_decisions());
        let next = u32::try_from(self.syscalls.len() + 1).unwrap_or(u32::MAX);
        let number = *self.syscall_numbers.entry(table).or_insert(next);
        if number == next {
            self.syscalls.push(table);
        }
        Syscalls { table: number, classes, class_count }
    }

    /// Returns the nodes, for paths that belong to no domain.
    pub(super) fn nodes(&mut self) -> &mut Nodes {
        &mut self.nodes
    }

    /// Writes the tables and consumes them.
    pub(super) fn write(self, sections: &mut Sections) {
        for (confinement, next) in self.decisions.cells() {
            sections.push(Section::Decisions, &Decision { confinement: *confinement, next: *next });
        }
        self.classes.write(sections);
        self.nodes.write(sections);
        self.endpoints.write(sections);
        sections.extend(Section::Syscalls, &self.syscalls);
    }
}

/// The conditions of one domain's confinements, by table.
#[derive(Default)]
struct Here<'policy> {
    exec: Paths<'policy>,
    anonymous: Vec<u32>,
    file: Paths<'policy>,
    endpoints: Vec<(u32, &'policy EndpointSet)>,
    syscalls: Vec<(u32, Option<&'policy SyscallSet>)>,
    capabilities: Vec<(u32, CapabilitySet)>,
    slots: Vec<(u32, layout::Operation)>,
}

impl<'policy> Here<'policy> {
    fn add(&mut self, index: u32, confinement: &'policy Confinement, every: &'policy EndpointSet) {
        let Some(operation) = kernel_operation(confinement) else { return };
        match (operation, &confinement.condition) {
            (layout::Operation::Exec, Condition::Exec { paths, anonymous }) => {
                self.exec.sets.push((index, paths));
                self.anonymous.extend(anonymous.then_some(index));
            }
            (layout::Operation::Exec, _) => {
                self.exec.whole.push(index);
                self.anonymous.push(index);
            }
            (layout::Operation::File, Condition::Open { paths, accesses }) if !accesses.is_empty() => {
                self.file.sets.push((index, paths));
            }
            (layout::Operation::File, Condition::Always) => self.file.whole.push(index),
            (layout::Operation::File, _) => {}
            (layout::Operation::Connect, Condition::Connect(set)) => self.endpoints.push((index, set)),
            (layout::Operation::Connect, _) => self.endpoints.push((index, every)),
            (layout::Operation::Capability, Condition::Capability(set)) => {
                self.capabilities.push((index, *set));
            }
            (layout::Operation::Capability, _) => self.capabilities.push((index, CapabilitySet::all())),
            (layout::Operation::Syscall, Condition::Syscall(set)) => self.syscalls.push((index, Some(set))),
            (layout::Operation::Syscall, _) => self.syscalls.push((index, None)),
            (operation, _) => self.slots.push((index, operation)),
        }
    }
}

/// Returns the bits of the operations with a decision in some table.
fn operations(domain: &Domain) -> u32 {
    let tables = [
        (domain.exec.class_count > 0 || domain.anonymous_exec > 0, layout::Operation::Exec),
        (domain.file.class_count > 0, layout::Operation::File),
        (domain.endpoints.count > 0, layout::Operation::Connect),
        (domain.capabilities.iter().any(|decision| *decision > 0), layout::Operation::Capability),
        (domain.syscalls.table > 0, layout::Operation::Syscall),
    ];
    let slots = layout::Operation::ALL.into_iter().filter_map(|operation| {
        let decision = domain.slots.get(operation.slot()?)?;
        Some((*decision > 0, operation))
    });
    tables
        .into_iter()
        .chain(slots)
        .filter(|(present, _)| *present)
        .fold(0, |bits, (_, operation)| bits | operation.bit())
}
