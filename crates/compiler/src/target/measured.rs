//! What kernels did with every trick, `tests/kernel/measured`, against what the tables of ways say of them.

use std::collections::BTreeSet;

use super::dimension_ways::{DIMENSIONS, SUBJECTS};
use super::evasion::Topic;
use super::{Backend, Evidence, Kernel, Status, Target, Way};
use crate::document::Template;
use crate::template;

/// One trick on one kernel, as `cargo xtask kernel-test` measured it.
struct Cell {
    kernel: Kernel,
    topic: &'static str,
    way: &'static str,
    trick: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

fn cells() -> Vec<Cell> {
    let files = [
        (Kernel::V6_1, include_str!("../../../../tests/kernel/measured/6.1.txt")),
        (Kernel::V6_12, include_str!("../../../../tests/kernel/measured/6.12.txt")),
        (Kernel::V7_2, include_str!("../../../../tests/kernel/measured/7.2.txt")),
    ];
    let lines = files.into_iter().flat_map(|(kernel, text)| text.lines().map(move |line| (kernel, line)));
    lines
        .map(|(kernel, line)| {
            let parts: Vec<&str> = line.split(" |").map(str::trim).collect();
            let [topic, way, trick, outcome, reason] = parts.as_slice() else {
                panic!("a cell has five parts: {line}")
            };
            Cell { kernel, topic, way, trick, outcome, reason }
        })
        .collect()
}

fn ways() -> Vec<(Topic, &'static Way)> {
    let templates =
        template::ALL.into_iter().map(|built_in| (Topic::Template(built_in.template), built_in.ways));
    let dimensions = DIMENSIONS.iter().map(|(dimension, ways)| (Topic::Dimension(*dimension), *ways));
    let topics = templates.chain(dimensions).chain([(Topic::Subject, SUBJECTS)]);
    topics.flat_map(|(topic, ways)| ways.iter().map(move |way| (topic, way))).collect()
}

/// Tells whether a kernel did what the table says of it.
fn agrees(status: Status, cell: &Cell) -> bool {
    match status {
        Status::Covered(_) => matches!(cell.outcome, "denied" | "killed" | "absent"),
        Status::Killed(_) => cell.outcome == "killed",
        Status::Open(reason) => cell.outcome == "open" && cell.reason == reason,
        Status::Absent(_) => cell.outcome == "absent",
    }
}

#[test]
fn kernels_did_what_the_tables_say() {
    let (cells, mut differences) = (cells(), Vec::new());
    for (topic, way) in ways() {
        for kernel in Kernel::ALL {
            let status = way.on(Target { backend: Backend::Native, kernel });
            let of_way = cells
                .iter()
                .filter(|cell| (cell.kernel, cell.topic, cell.way) == (kernel, topic.name(), way.name));
            for cell in of_way.filter(|cell| !agrees(status, cell)) {
                let (trick, outcome, reason) = (cell.trick, cell.outcome, cell.reason);
                differences.push(format!(
                    "{}: {}: {trick}: {} gave `{outcome}` `{reason}`, the table says {status:?}",
                    topic.name(),
                    way.name,
                    kernel.name()
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn measured_is_what_has_cells_and_nothing_else() {
    let cells = cells();
    let shown: BTreeSet<(&str, &str)> = cells.iter().map(|cell| (cell.topic, cell.way)).collect();
    let said = |evidence| {
        let ways = ways().into_iter().filter(move |(_, way)| way.evidence(Backend::Native) == evidence);
        ways.map(|(topic, way)| (topic.name(), way.name)).collect::<BTreeSet<(&str, &str)>>()
    };
    assert_eq!(shown, said(Evidence::Measured));
    assert!(said(Evidence::Read).is_disjoint(&shown));
}

#[test]
fn every_kernel_was_measured_with_every_template() {
    for kernel in Kernel::ALL {
        let cells = cells();
        let topics: BTreeSet<&str> =
            cells.iter().filter(|cell| cell.kernel == kernel).map(|cell| cell.topic).collect();
        let templates = Template::ALL.iter().filter(|template| **template != Template::Custom);
        let missing: Vec<&str> =
            templates.map(|template| template.id()).filter(|id| !topics.contains(id)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", kernel.name());
    }
}
