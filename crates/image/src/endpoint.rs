//! Endpoint sets -> runs of address boundaries, each with a class or a run of port boundaries.

use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::{Address, Port, Section};

use telovix_policy::confine::{EndpointSet, PortSet};

use super::automaton::Values;
use super::class::{Classes, Runs};

/// All address and port boundaries of an image.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    addresses: Runs<Address>,
    ports: Runs<Port>,
}

/// The content of an address: a class, or a run of port boundaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Holding {
    ports: u32,
    port_count: u32,
    class: u32,
}

impl Endpoints {
    /// Combines the members' sets and returns the run of address boundaries: start and count.
    pub(super) fn add(&mut self, sets: &[(u32, &EndpointSet)], classes: &mut Classes<'_>) -> (u32, u32) {
        // By set: the current part, and those after it.
        let mut parts: Vec<&[(u128, u32)]> = sets.iter().map(|(_, set)| set.places()).collect();
        let mut run: Vec<Address> = Vec::with_capacity(parts.iter().map(|parts| parts.len()).sum());
        let (mut before, mut next) = (None, Some(0));
        // The content of addresses where each set has the ports of this number.
        let mut seen: Vec<(Vec<u32>, Holding)> = Vec::new();
        let mut here: Vec<u32> = Vec::with_capacity(sets.len());
        while let Some(first) = next {
            for parts in &mut parts {
                while let [_, rest @ ..] = *parts
                    && rest.first().is_some_and(|(after, _)| *after <= first)
                {
                    *parts = rest;
                }
            }
            next = parts.iter().filter_map(|parts| parts.get(1)).map(|(after, _)| *after).min();
            here.clear();
            here.extend(parts.iter().filter_map(|parts| parts.first()).map(|(_, ports)| *ports));
            let known = seen.iter().find(|(numbers, _)| *numbers == here).map(|(_, holding)| *holding);
            let holding = known.unwrap_or_else(|| {
                let ports =
                    sets.iter().zip(&here).map(|((member, set), ports)| (*member, set.ports_of(*ports)));
                let holding = self.holding(&ports.collect::<Vec<_>>(), classes);
                seen.push((here.clone(), holding));
                holding
            });
            if before != Some(holding) {
                run.push(boundary(first, holding));
            }
            before = Some(holding);
        }
        if run.iter().all(|boundary| boundary.port_count == 0 && boundary.class == 0) {
            return (0, 0);
        }
        self.addresses.add(&run)
    }

    pub(super) fn write(&self, sections: &mut Sections) {
        sections.extend(Section::Addresses, self.addresses.records());
        sections.extend(Section::Ports, self.ports.records());
    }

    fn holding(&mut self, sets: &[(u32, &PortSet)], classes: &mut Classes<'_>) -> Holding {
        let run = port_boundaries(sets, classes);
        match run.as_slice() {
            [] => Holding::default(),
            [every] => Holding { class: every.class, ..Holding::default() },
            _ => {
                let (ports, port_count) = self.ports.add(&run);
                Holding { ports, port_count, class: 0 }
            }
        }
    }
}

fn boundary(first: u128, holding: Holding) -> Address {
    let Holding { ports, port_count, class } = holding;
    Address { high: (first >> 64) as u64, low: first as u64, ports, port_count, class, reserved: 0 }
}

/// Combines port sets: the class from each boundary on, different from its neighbours, the first at port 0.
fn port_boundaries(sets: &[(u32, &PortSet)], classes: &mut Classes<'_>) -> Vec<Port> {
    let ranges = || sets.iter().flat_map(|(_, ports)| ports.ranges());
    let mut firsts: Vec<u32> = Vec::with_capacity(2 * ranges().count() + 1);
    firsts.push(0);
    for (first, last) in ranges() {
        firsts.push(u32::from(*first));
        firsts.extend(last.checked_add(1).map(u32::from));
    }
    firsts.sort_unstable();
    firsts.dedup();
    let mut run: Vec<Port> = Vec::with_capacity(firsts.len());
    for first in firsts {
        let mut decision = 0;
        for (member, ports) in sets {
            if u16::try_from(first).is_ok_and(|port| ports.contains(port)) {
                let member = classes.sets().single(*member);
                decision = classes.sets().union(decision, member);
            }
        }
        let class = classes.store(decision);
        if run.last().is_none_or(|before| before.class != class) {
            run.push(Port { first, class });
        }
    }
    run
}
