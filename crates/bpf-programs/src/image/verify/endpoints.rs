//! Addresses and ports -> their runs: each starts at 0, is ascending, and ends at the start of the next.

use super::{ImageError, Sections, demand};
use crate::layout::{Address, Endpoints, Port, Section};

/// The runs of a section, in its order.
#[derive(Default)]
pub(super) struct Runs(Vec<Run>);

struct Run {
    /// Its first record.
    start: u32,
    length: u32,
    /// The highest class in it.
    highest: u32,
}

impl Runs {
    /// Returns the highest class of exactly this run, or `None` when there is no such run.
    pub(super) fn highest(&self, table: &Endpoints) -> Option<u32> {
        self.get(table.start, table.count)
    }

    fn get(&self, start: u32, count: u32) -> Option<u32> {
        let at = self.0.binary_search_by_key(&start, |run| run.start).ok()?;
        self.0.get(at).filter(|run| run.length == count).map(|run| run.highest)
    }

    /// Adds a record, which starts a run or belongs to the one before.
    fn add(&mut self, starts: bool, record: usize, class: u32) {
        match self.0.last_mut() {
            Some(run) if !starts => {
                run.length += 1;
                run.highest = run.highest.max(class);
            }
            _ => self.0.push(Run { start: record as u32, length: 1, highest: class }),
        }
    }
}

pub(super) fn verify(sections: &Sections) -> Result<Runs, ImageError> {
    let ports = verify_ports(sections)?;
    let (mut runs, mut before) = (Runs::default(), None);
    for (number, address) in sections.records::<Address>(Section::Addresses).enumerate() {
        let demand = |holds, what| demand(holds, Section::Addresses, number, what);
        let place = (address.high, address.low);
        demand(
            place == (0, 0) || before < Some(place) && before.is_some(),
            "boundaries are not ascending from 0",
        )?;
        demand(address.reserved == 0, "padding that is not zero")?;
        let class = if address.port_count == 0 {
            demand(address.ports == 0, "a port table without ports")?;
            address.class
        } else {
            demand(address.class == 0, "a class in addition to a port table")?;
            let highest = ports.get(address.ports, address.port_count);
            demand(highest.is_some(), "unknown port table")?;
            highest.unwrap_or(0)
        };
        runs.add(place == (0, 0), number, class);
        before = Some(place);
    }
    Ok(runs)
}

fn verify_ports(sections: &Sections) -> Result<Runs, ImageError> {
    let (mut runs, mut before) = (Runs::default(), None);
    for (number, port) in sections.records::<Port>(Section::Ports).enumerate() {
        let demand = |holds, what| demand(holds, Section::Ports, number, what);
        demand(
            port.first == 0 || before < Some(port.first) && before.is_some(),
            "boundaries are not ascending from 0",
        )?;
        demand(port.first <= u32::from(u16::MAX), "a port above 65535")?;
        runs.add(port.first == 0, number, port.class);
        before = Some(port.first);
    }
    Ok(runs)
}
