//! An image -> the confinements of each domain, as the sets that were packed.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    self, Address, Automaton, CHUNK, Decision, Domain, EdgeKey, Endpoints, NODE_HAS_EDGES, NODE_HAS_PREFIXES,
    NODE_NUMBER, PathState, Port, PrefixKey, Section, SyscallTable,
};

use telovix_policy::confine::{CapabilitySet, EndpointSet, OpenRegion, PathSet, PortSet, PrefixList, Region};
use telovix_policy::value::Capability;

use super::kernel::{accesses, packet_sockets, raw_sockets, sys_admin};
use super::syscall::CallsByClass;

/// Maximum number of prefixes of one table. With shared nodes a malicious image could describe exponentially many
/// paths; a compiled image never has more prefixes than its source.
const PREFIX_LIMIT: usize = 1 << 24;

/// Reads the domains of an image.
#[derive(Debug)]
pub struct Reader<'image> {
    image: &'image Image,
    /// Index of the first edge by node number; edges are in the order of their nodes.
    edges: Vec<u32>,
    prefixes: BTreeMap<u32, Vec<(Vec<u8>, u32)>>,
    /// Port sets by class, of runs already read.
    ports: FxHashMap<(u32, u32), Vec<(u32, PortSet)>>,
    /// System-call tables already read.
    syscalls: FxHashMap<u32, CallsByClass>,
    /// Allocation of the previous path map, reused for the next one.
    spare: PrefixList<u32>,
    left: usize,
}

/// The confinements of a domain: the events of each, by rule id.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The events.
    pub regions: BTreeMap<u32, Region>,
    /// The domain that descendants inherit; 0 for none.
    pub inherits: u32,
}

/// The image has content that no compile packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub(super) &'static str);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

/// A longest-match map over paths: a class everywhere, and by prefix.
pub(super) type ClassMap = (u32, PrefixList<u32>);

/// A node that is being read.
struct Open<'reader, Edges> {
    /// The edges that are still to be read.
    edges: Edges,
    prefixes: &'reader [(Vec<u8>, u32)],
    /// The class of paths without an entry in the node.
    below: u32,
    /// Length of the path of the node above.
    above: usize,
}

impl<'image> Reader<'image> {
    /// Prepares an image for reading.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let mut prefixes: BTreeMap<u32, Vec<(Vec<u8>, u32)>> = BTreeMap::new();
        for (key, class) in image.entries::<PrefixKey, u32>(Section::Prefixes) {
            prefixes.entry(key.node).or_default().push((name_of(&key.chunk).to_vec(), class));
        }
        let mut edges = Vec::new();
        for (place, (key, _)) in (0..).zip(image.entries::<EdgeKey, PathState>(Section::Edges)) {
            let known = key.node as usize + 1;
            edges.resize(known.max(edges.len()), place);
        }
        let (ports, syscalls) = (FxHashMap::default(), FxHashMap::default());
        Self { image, edges, prefixes, ports, syscalls, spare: PrefixList::default(), left: PREFIX_LIMIT }
    }

    /// Returns the image.
    pub(super) fn image(&self) -> &'image Image {
        self.image
    }

    /// Reads one domain.
    ///
    /// # Errors
    /// Names the content that no compile packs.
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
        for (rule, set) in self.capabilities(&domain)? {
            regions.insert(rule, Region::Capability(set));
        }
        for operation in layout::Operation::ALL {
            let decision = operation.slot().and_then(|slot| domain.slots.get(slot));
            for rule in decision.into_iter().flat_map(|decision| self.members(*decision)) {
                regions.insert(rule, slot_region(operation));
            }
        }
        Ok(Reading { regions, inherits: domain.inherits })
    }

    /// Returns the path map that the automaton from a state was built from: a class everywhere, and one for each prefix,
    /// sorted.
    pub(super) fn class_map(&mut self, root: PathState) -> Result<ClassMap, Unreadable> {
        let mut entries = std::mem::take(&mut self.spare);
        entries.clear();
        self.walk(root, &mut entries)?;
        entries.sort();
        self.left -= entries.len();
        Ok((root.below, entries))
    }

    /// Adds each prefix whose class differs from that around it, nearly sorted.
    fn walk(&self, root: PathState, entries: &mut PrefixList<u32>) -> Result<(), Unreadable> {
        if root.exact != root.below {
            entries.push([b"/\0".as_slice()], root.exact);
        }
        // The path of the innermost node.
        let mut path = b"/".to_vec();
        let mut open = vec![self.open(root.child, root.below, &path, 0, entries)];
        while let Some(node) = open.last_mut() {
            let Some((key, state)) = node.edges.next() else {
                path.truncate(node.above);
                open.pop();
                continue;
            };
            let name = name_of(&key.chunk);
            let fits = node.prefixes.iter().filter(|(bytes, _)| name.starts_with(bytes));
            let default = fits.max_by_key(|(bytes, _)| bytes.len()).map_or(node.below, |(_, class)| *class);
            let above = path.len();
            path.extend_from_slice(name);
            let is_whole = name.len() < CHUNK;
            if is_whole && state.exact != default {
                entries.push([path.as_slice(), &[0]], state.exact);
            }
            if is_whole {
                path.push(b'/');
            }
            if state.below != default {
                entries.push([path.as_slice()], state.below);
            }
            if state.child == 0 {
                path.truncate(above);
            } else {
                open.push(self.open(state.child, state.below, &path, above, entries));
            }
            if entries.len() + open.len() > self.left {
                return Err(Unreadable("more paths than can be listed"));
            }
        }
        Ok(())
    }

    /// Opens a node with a known path, and its prefixes.
    fn open<'reader>(
        &'reader self,
        child: u32,
        below: u32,
        path: &[u8],
        above: usize,
        entries: &mut PrefixList<u32>,
    ) -> Open<'reader, impl Iterator<Item = (EdgeKey, PathState)> + use<'reader, 'image>> {
        let prefixes = self.prefixes_of(child);
        for (bytes, class) in prefixes {
            entries.push([path, bytes.as_slice()], *class);
        }
        Open { edges: self.edges_of(child), prefixes, below, above }
    }

    fn prefixes_of(&self, child: u32) -> &[(Vec<u8>, u32)] {
        let node = if child & NODE_HAS_PREFIXES == 0 { u32::MAX } else { child & NODE_NUMBER };
        self.prefixes.get(&node).map(Vec::as_slice).unwrap_or_default()
    }

    fn edges_of(&self, child: u32) -> impl Iterator<Item = (EdgeKey, PathState)> {
        let image = self.image;
        let node = (child & NODE_HAS_EDGES != 0).then_some(child & NODE_NUMBER);
        let first = node.and_then(|node| self.edges.get(node as usize)).copied();
        let end = u32::try_from(image.count(Section::Edges)).unwrap_or(u32::MAX);
        let places = first.unwrap_or(end)..end;
        let from = places.map_while(move |place| image.entry::<EdgeKey, PathState>(Section::Edges, place));
        from.take_while(move |(key, _)| Some(key.node) == node)
    }

    /// Returns the paths that each confinement names in a table.
    fn paths(&mut self, table: &Automaton) -> Result<BTreeMap<u32, PathSet>, Unreadable> {
        let (everywhere, entries) = self.class_map(table.root)?;
        let rules = self.classes(table.classes, table.class_count);
        let set = |rule: u32| {
            let prefixes = entries.iter().map(|(prefix, class)| (prefix, names(&rules, class, rule)));
            let capacity = (entries.len(), entries.byte_count());
            (rule, PathSet::from_prefixes(names(&rules, everywhere, rule), prefixes, capacity))
        };
        let sets = named(&rules).into_iter().map(set).filter(|(_, paths)| !paths.is_empty()).collect();
        self.spare = entries;
        Ok(sets)
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

    /// Returns the destinations that each confinement names in a table.
    fn endpoints(&mut self, table: &Endpoints) -> BTreeMap<u32, EndpointSet> {
        // Most boundaries have one of two contents, so number them.
        let (mut parts, mut numbers) = (Vec::with_capacity(table.count as usize), FxHashMap::default());
        let mut distinct: Vec<Address> = Vec::new();
        for index in table.start..table.start.saturating_add(table.count) {
            let Some(address) = self.image.record::<Address>(Section::Addresses, index) else { break };
            let first = u128::from(address.high) << 64 | u128::from(address.low);
            let number =
                *numbers.entry((address.ports, address.port_count, address.class)).or_insert_with(|| {
                    distinct.push(address);
                    u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
                });
            parts.push((first, number));
        }
        let rules = self.classes(table.classes, table.class_count);
        let named = named(&rules);
        let mut ports: Vec<Vec<PortSet>> = vec![Vec::with_capacity(distinct.len()); named.len()];
        for address in &distinct {
            let whole = [(address.class, PortSet::all())];
            let by_class = if address.port_count == 0 { whole.as_slice() } else { self.ports(address) };
            for (rule, sets) in named.iter().zip(&mut ports) {
                let inside = by_class.iter().filter(|(class, _)| names(&rules, *class, *rule));
                sets.push(inside.fold(PortSet::EMPTY, |sum, (_, ports)| {
                    if sum.is_empty() { ports.clone() } else { sum.union(ports) }
                }));
            }
        }
        let sets = named.into_iter().zip(ports);
        let sets = sets.map(|(rule, ports)| (rule, EndpointSet::from_parts(parts.clone(), ports)));
        sets.filter(|(_, set)| !set.is_empty()).collect()
    }

    /// Returns the ports of each class at an address.
    fn ports(&mut self, address: &Address) -> &[(u32, PortSet)] {
        let image = self.image;
        self.ports.entry((address.ports, address.port_count)).or_insert_with(|| {
            let indices = address.ports..address.ports.saturating_add(address.port_count);
            let ports: Vec<Port> = indices.filter_map(|index| image.record(Section::Ports, index)).collect();
            let ends =
                ports.iter().skip(1).map(|port| port.first.saturating_sub(1)).chain([u32::from(u16::MAX)]);
            let narrow = |port: u32| u16::try_from(port).unwrap_or(u16::MAX);
            let mut ranges: BTreeMap<u32, Vec<(u16, u16)>> = BTreeMap::new();
            for (port, last) in ports.iter().zip(ends) {
                ranges.entry(port.class).or_default().push((narrow(port.first), narrow(last)));
            }
            ranges.into_iter().map(|(class, ranges)| (class, PortSet::from_ranges(ranges))).collect()
        })
    }

    fn syscalls(&mut self, domain: &Domain, regions: &mut BTreeMap<u32, Region>) -> Result<(), Unreadable> {
        const TORN: Unreadable = Unreadable("a system call is confined by only one of its numbers");
        let Some(number) = domain.syscalls.table.checked_sub(1) else { return Ok(()) };
        if !self.syscalls.contains_key(&number) {
            let table: Option<SyscallTable> = self.image.record(Section::Syscalls, number);
            let table = table.ok_or(Unreadable("no such system-call table"))?;
            self.syscalls.insert(number, CallsByClass::of(&table).ok_or(TORN)?);
        }
        let table = self.syscalls.get(&number).ok_or(TORN)?;
        let rules = self.classes(domain.syscalls.classes, domain.syscalls.class_count);
        for rule in named(&rules) {
            let calls = table.calls(|class| names(&rules, u32::from(class), rule)).ok_or(TORN)?;
            regions.insert(rule, Region::Syscall(calls));
        }
        Ok(())
    }

    /// Returns the capabilities that each confinement names.
    fn capabilities(&self, domain: &Domain) -> Result<BTreeMap<u32, CapabilitySet>, Unreadable> {
        // Most capabilities share a few decisions.
        let mut by_decision: Vec<(u32, CapabilitySet)> = Vec::new();
        for (number, decision) in (0..).zip(domain.capabilities).filter(|(_, decision)| *decision != 0) {
            let capability = Capability::from_number(number).ok_or(Unreadable("an unknown capability"))?;
            match by_decision.iter_mut().find(|(known, _)| *known == decision) {
                Some((_, set)) => *set = set.with(capability),
                None => by_decision.push((decision, CapabilitySet::default().with(capability))),
            }
        }
        let mut by_rule: BTreeMap<u32, CapabilitySet> = BTreeMap::new();
        for (decision, set) in by_decision {
            for rule in self.members(decision) {
                let named = by_rule.entry(rule).or_default();
                *named = named.union(set);
            }
        }
        Ok(by_rule)
    }

    /// Returns the confinements of each class, from class 0 on.
    fn classes(&self, start: u32, count: u32) -> Vec<Vec<u32>> {
        let indices = start..start.saturating_add(count);
        let decisions = indices.map(|index| self.image.record::<u32>(Section::Classes, index).unwrap_or(0));
        std::iter::once(0).chain(decisions).map(|decision| self.members(decision).collect()).collect()
    }

    /// Returns the confinements of a decision, strongest first.
    fn members(&self, decision: u32) -> impl Iterator<Item = u32> {
        let mut at = decision;
        std::iter::from_fn(move || {
            let cell: Decision = (at != 0).then(|| self.image.record(Section::Decisions, at))??;
            at = cell.next;
            Some(cell.confinement)
        })
    }

    fn access(&self, rule: u32) -> u16 {
        let record: Option<layout::Confinement> = self.image.record(Section::Confinements, rule);
        record.map_or(0, |record| record.access)
    }
}

/// Returns whether a confinement is among those of a class.
fn names(rules: &[Vec<u32>], class: u32, rule: u32) -> bool {
    rules.get(class as usize).is_some_and(|rules| rules.contains(&rule))
}

/// Returns every confinement of some class, once.
fn named(rules: &[Vec<u32>]) -> Vec<u32> {
    let mut named: Vec<u32> = rules.iter().flatten().copied().collect();
    named.sort_unstable();
    named.dedup();
    named
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
    chunk.get(..end).expect("the name ends in the chunk")
}
