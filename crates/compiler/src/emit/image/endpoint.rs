//! Endpoint sets -> runs of address boundaries, each with a class or a run of port boundaries.

use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::{Address, Port, Section};

use super::automaton::Values;
use super::class::{Classes, Runs};
use crate::confine::{EndpointSet, PortSet};

/// All address and port boundaries of an image.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    addresses: Runs<Address>,
    ports: Runs<Port>,
}

/// The ports that each member names at one address.
type MemberPorts<'set> = Vec<(u32, &'set PortSet)>;

/// What holds at an address: a class, or a run of port boundaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Holding {
    ports: u32,
    port_count: u32,
    class: u32,
}

impl Endpoints {
    /// Lays the members' sets over one another and returns the run of address boundaries: start and count.
    pub(super) fn add(&mut self, sets: &[(u32, &EndpointSet)], classes: &mut Classes<'_>) -> (u32, u32) {
        let mut cursors: Vec<_> =
            sets.iter().map(|(member, set)| (*member, set.parts().peekable())).collect();
        let mut here = MemberPorts::new();
        let mut run: Vec<Address> = Vec::new();
        let (mut before, mut next): (Option<Holding>, Option<u128>) = (None, Some(0));
        let mut seen: Vec<(MemberPorts<'_>, Holding)> = Vec::new();
        while let Some(first) = next {
            next = None;
            here.clear();
            for (member, parts) in &mut cursors {
                while parts.next_if(|(_, last, _)| *last < first).is_some() {}
                let Some((_, last, ports)) = parts.peek() else { continue };
                here.push((*member, ports));
                next = [next, last.checked_add(1)].into_iter().flatten().min();
            }
            let known = seen.iter().find(|(sets, _)| *sets == here).map(|(_, holding)| *holding);
            let holding = known.unwrap_or_else(|| {
                let holding = self.holding(&here, classes);
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
        self.addresses.add(run)
    }

    pub(super) fn write(&self, sections: &mut Sections) {
        for address in self.addresses.records() {
            sections.push(Section::Addresses, address);
        }
        for port in self.ports.records() {
            sections.push(Section::Ports, port);
        }
    }

    fn holding(&mut self, sets: &[(u32, &PortSet)], classes: &mut Classes<'_>) -> Holding {
        let run = port_boundaries(sets, classes);
        match run.as_slice() {
            [] => Holding::default(),
            [every] => Holding { class: every.class, ..Holding::default() },
            _ => {
                let (ports, port_count) = self.ports.add(run);
                Holding { ports, port_count, class: 0 }
            }
        }
    }
}

fn boundary(first: u128, holding: Holding) -> Address {
    let Holding { ports, port_count, class } = holding;
    Address { high: (first >> 64) as u64, low: first as u64, ports, port_count, class, reserved: 0 }
}

/// Lays port sets over one another: the class from each boundary on, neighbours different, the first at port 0.
fn port_boundaries(sets: &[(u32, &PortSet)], classes: &mut Classes<'_>) -> Vec<Port> {
    let mut firsts: Vec<u32> = sets
        .iter()
        .flat_map(|(_, ports)| ports.ranges())
        .flat_map(|(first, last)| [u32::from(*first), u32::from(*last) + 1])
        .chain([0])
        .filter(|first| *first <= u32::from(u16::MAX))
        .collect();
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
