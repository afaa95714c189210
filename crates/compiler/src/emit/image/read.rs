//! An image -> what each domain is confined by, as the sets that were packed.

use std::collections::BTreeMap;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    self, Address, Automaton, CHUNK, Decision, Domain, EdgeKey, Endpoints, NODE_HAS_EDGES, NODE_HAS_PREFIXES,
    NODE_NUMBER, PathState, Port, PrefixKey, Section, SyscallTable,
};

use super::kernel::{accesses, packet_sockets, raw_sockets, sys_admin};
use super::syscall;
use crate::confine::{CapabilitySet, EndpointSet, OpenRegion, PathSet, PortSet, Region};
use crate::document::value::Capability;

/// Prefixes that a reading may come to. Shared nodes let a hostile image describe more paths than there are atoms;
/// what a compile packs never has more prefixes than its source had.
const PREFIX_LIMIT: usize = 1 << 24;

/// Reads the domains of an image.
#[derive(Debug)]
pub struct Reader<'image> {
    image: &'image Image,
    edges: Vec<(EdgeKey, PathState)>,
    prefixes: BTreeMap<u32, Vec<(Vec<u8>, u32)>>,
    left: usize,
}

/// What a domain is confined by: the events that each confinement names there, by rule id.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The events.
    pub regions: BTreeMap<u32, Region>,
    /// The domain that descendants carry; 0 for none.
    pub inherits: u32,
}

/// The image says something that no compile packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub(super) &'static str);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

/// A longest-match map over paths: a class everywhere, and by prefix.
pub(super) type ClassMap = (u32, Vec<(Vec<u8>, u32)>);

impl<'image> Reader<'image> {
    /// Prepares an image for reading.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let mut prefixes: BTreeMap<u32, Vec<(Vec<u8>, u32)>> = BTreeMap::new();
        for (key, class) in image.entries::<PrefixKey, u32>(Section::Prefixes) {
            prefixes.entry(key.node).or_default().push((name_of(&key.chunk).to_vec(), class));
        }
        Self { image, edges: image.entries(Section::Edges).collect(), prefixes, left: PREFIX_LIMIT }
    }

    /// Returns the image.
    pub(super) fn image(&self) -> &'image Image {
        self.image
    }

    /// Reads one domain.
    ///
    /// # Errors
    /// Says what no compile packs.
    pub fn domain(&mut self, number: u32) -> Result<Reading, Unreadable> {
        let domain: Domain =
            self.image.record(Section::Domains, number).ok_or(Unreadable("no such domain"))?;
        let mut regions = BTreeMap::new();
        self.exec(&domain, &mut regions)?;
        for (rule, paths) in self.paths(&domain.file)? {
            let region = OpenRegion::of(paths, accesses(self.access(rule)));
            regions.insert(rule, Region::Open(region));
        }
        for (rule, set) in self.endpoints(&domain.endpoints) {
            regions.insert(rule, Region::Connect(set));
        }
        self.syscalls(&domain, &mut regions)?;
        let mut capabilities: BTreeMap<u32, Vec<Capability>> = BTreeMap::new();
        for (number, decision) in (0..).zip(domain.capabilities) {
            for rule in self.members(decision) {
                let capability =
                    Capability::from_number(number).ok_or(Unreadable("an unknown capability"))?;
                capabilities.entry(rule).or_default().push(capability);
            }
        }
        for (rule, members) in capabilities {
            regions.insert(rule, Region::Capability(members.into_iter().collect::<CapabilitySet>()));
        }
        for operation in layout::Operation::ALL {
            let decision = operation.slot().and_then(|slot| domain.slots.get(slot));
            for rule in decision.into_iter().flat_map(|decision| self.members(*decision)) {
                regions.insert(rule, slot_region(operation));
            }
        }
        Ok(Reading { regions, inherits: domain.inherits })
    }

    /// Returns what the automaton from a state says, as the map it was made from.
    pub(super) fn class_map(&mut self, root: PathState) -> Result<ClassMap, Unreadable> {
        let mut entries = vec![(b"/\0".to_vec(), root.exact)];
        let mut todo = vec![(root.child, b"/".to_vec())];
        while let Some((child, path)) = todo.pop() {
            let node = child & NODE_NUMBER;
            if child & NODE_HAS_PREFIXES != 0 {
                let prefixes = self.prefixes.get(&node).into_iter().flatten();
                entries.extend(prefixes.map(|(bytes, class)| ([path.as_slice(), bytes].concat(), *class)));
            }
            for (key, state) in self.edges_of(child) {
                let name = name_of(&key.chunk);
                let here = [path.as_slice(), name].concat();
                if name.len() == CHUNK {
                    entries.push((here.clone(), state.below));
                    todo.push((state.child, here));
                } else {
                    let directory = [here.as_slice(), b"/"].concat();
                    entries.push(([here.as_slice(), &[0]].concat(), state.exact));
                    entries.push((directory.clone(), state.below));
                    todo.push((state.child, directory));
                }
            }
            if entries.len() + todo.len() > self.left {
                return Err(Unreadable("it describes more paths than can be listed"));
            }
        }
        self.left -= entries.len();
        entries.sort_unstable();
        Ok((root.below, entries))
    }

    fn edges_of(&self, child: u32) -> &[(EdgeKey, PathState)] {
        let node = if child & NODE_HAS_EDGES == 0 { u32::MAX } else { child & NODE_NUMBER };
        let start = self.edges.partition_point(|(key, _)| key.node < node);
        let end = self.edges.partition_point(|(key, _)| key.node <= node);
        self.edges.get(start..end).unwrap_or_default()
    }

    /// Returns the paths that each confinement names in a table.
    fn paths(&mut self, table: &Automaton) -> Result<BTreeMap<u32, PathSet>, Unreadable> {
        let (everywhere, entries) = self.class_map(table.root)?;
        let rules = self.classes(table.classes, table.class_count);
        let names =
            |rule: u32, class: u32| rules.get(class as usize).is_some_and(|rules| rules.contains(&rule));
        let mut named: Vec<u32> = rules.iter().flatten().copied().collect();
        named.sort_unstable();
        named.dedup();
        let set = |rule: u32| {
            let entries = entries.iter().map(|(prefix, class)| (prefix.clone(), names(rule, *class)));
            (rule, PathSet::from_prefixes(names(rule, everywhere), entries))
        };
        Ok(named.into_iter().map(set).filter(|(_, paths)| !paths.is_empty()).collect())
    }

    fn exec(&mut self, domain: &Domain, regions: &mut BTreeMap<u32, Region>) -> Result<(), Unreadable> {
        for (rule, paths) in self.paths(&domain.exec)? {
            regions.insert(rule, Region::Exec { paths, anonymous: false });
        }
        for rule in self.members(domain.anonymous_exec) {
            let region =
                regions.entry(rule).or_insert(Region::Exec { paths: PathSet::default(), anonymous: true });
            if let Region::Exec { anonymous, .. } = region {
                *anonymous = true;
            }
        }
        Ok(())
    }

    fn endpoints(&self, table: &Endpoints) -> BTreeMap<u32, EndpointSet> {
        let rules = self.classes(table.classes, table.class_count);
        let boundaries = (table.start..table.start.saturating_add(table.count))
            .filter_map(|index| self.image.record::<Address>(Section::Addresses, index));
        let mut parts: BTreeMap<u32, Vec<(u128, PortSet)>> = BTreeMap::new();
        let named: Vec<u32> = rules.iter().flatten().copied().collect();
        for address in boundaries {
            let first = u128::from(address.high) << 64 | u128::from(address.low);
            let ports = self.ports(&address);
            for rule in &named {
                let inside = ports.iter().filter(|(_, _, class)| {
                    rules.get(*class as usize).is_some_and(|rules| rules.contains(rule))
                });
                let set = PortSet::from_ranges(inside.map(|(first, last, _)| (*first, *last)).collect());
                let known = parts.entry(*rule).or_default();
                if known.last().is_none_or(|(before, _)| *before != first) {
                    known.push((first, set));
                }
            }
        }
        let sets = parts.into_iter().map(|(rule, parts)| (rule, EndpointSet::from_parts(parts)));
        sets.filter(|(_, set)| !set.is_empty()).collect()
    }

    /// Returns the port ranges at an address, each with its class.
    fn ports(&self, address: &Address) -> Vec<(u16, u16, u32)> {
        if address.port_count == 0 {
            return vec![(0, u16::MAX, address.class)];
        }
        let indices = address.ports..address.ports.saturating_add(address.port_count);
        let ports: Vec<Port> = indices.filter_map(|index| self.image.record(Section::Ports, index)).collect();
        let ends = ports.iter().skip(1).map(|port| port.first - 1).chain([u32::from(u16::MAX)]);
        let narrow = |port: u32| u16::try_from(port).unwrap_or(u16::MAX);
        ports.iter().zip(ends).map(|(port, last)| (narrow(port.first), narrow(last), port.class)).collect()
    }

    fn syscalls(&self, domain: &Domain, regions: &mut BTreeMap<u32, Region>) -> Result<(), Unreadable> {
        let Some(table) = domain.syscalls.table.checked_sub(1) else { return Ok(()) };
        let table: Option<SyscallTable> = self.image.record(Section::Syscalls, table);
        let table = table.ok_or(Unreadable("no such system-call table"))?;
        let rules = self.classes(domain.syscalls.classes, domain.syscalls.class_count);
        let mut named: Vec<u32> = rules.iter().flatten().copied().collect();
        named.sort_unstable();
        named.dedup();
        for rule in named {
            let holds = |class: u16| rules.get(usize::from(class)).is_some_and(|rules| rules.contains(&rule));
            let calls = syscall::calls(&table, holds);
            let calls = calls.ok_or(Unreadable("a system call is confined by one of its numbers only"))?;
            regions.insert(rule, Region::Syscall(calls));
        }
        Ok(())
    }

    /// Returns the confinements behind each class, from class 0 on.
    fn classes(&self, start: u32, count: u32) -> Vec<Vec<u32>> {
        let indices = start..start.saturating_add(count);
        let decisions = indices.map(|index| self.image.record::<u32>(Section::Classes, index).unwrap_or(0));
        std::iter::once(0).chain(decisions).map(|decision| self.members(decision).collect()).collect()
    }

    /// Returns the confinements of a decision, strongest first.
    fn members(&self, decision: u32) -> impl Iterator<Item = u32> {
        let mut at = decision;
        std::iter::from_fn(move || {
            let cell: Decision = self.image.record(Section::Decisions, at).filter(|_| at != 0)?;
            at = cell.next;
            Some(cell.confinement)
        })
    }

    fn access(&self, rule: u32) -> u16 {
        let record: Option<layout::Confinement> = self.image.record(Section::Confinements, rule);
        record.map_or(0, |record| record.access)
    }
}

/// Returns the events of an operation that has no condition in the kernel.
fn slot_region(operation: layout::Operation) -> Region {
    match operation {
        layout::Operation::RawSocket => Region::Socket(raw_sockets()),
        layout::Operation::PacketSocket => Region::Socket(packet_sockets()),
        layout::Operation::CapsetSysAdmin => Region::Capability(sys_admin()),
        _ => Region::Whole(true),
    }
}

/// Returns the bytes of a chunk before its padding.
fn name_of(chunk: &[u8; CHUNK]) -> &[u8] {
    let end = chunk.iter().position(|byte| *byte == 0).unwrap_or(CHUNK);
    chunk.get(..end).unwrap_or_default()
}
