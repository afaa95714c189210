//! Compares the tables of bypasses with what was measured on each target (`tests/kernel/measured`).

use std::collections::BTreeSet;

use telovix_document::{Template, template};
use telovix_platform::{Backend, Bypass, Evidence, Kernel, Status, Target};

use super::dimension_ways::{DIMENSIONS, SUBJECTS};
use super::evasion::Topic;

/// One attempt on one target: measured by `cargo xtask kernel-test` for the native runtime, and as
/// `docs/guide/tetragon.md` describes for Tetragon.
struct Cell {
    target: Target,
    topic: &'static str,
    way: &'static str,
    trick: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

fn cells() -> Vec<Cell> {
    let native = |kernel| Target { backend: Backend::Native, kernel };
    let engine = |kernel| Target { backend: Backend::Engine, kernel };
    let files = [
        (native(Kernel::V6_1), include_str!("../../../tests/kernel/measured/6.1.txt")),
        (native(Kernel::V6_12), include_str!("../../../tests/kernel/measured/6.12.txt")),
        (native(Kernel::V7_2), include_str!("../../../tests/kernel/measured/7.2.txt")),
        (engine(Kernel::V6_12), include_str!("../../../tests/kernel/measured/tetragon-6.12.txt")),
    ];
    let lines = files.into_iter().flat_map(|(target, text)| text.lines().map(move |line| (target, line)));
    lines
        .map(|(target, line)| {
            let parts: Vec<&str> = line.split(" |").map(str::trim).collect();
            let [topic, way, trick, outcome, reason] = parts.as_slice() else {
                panic!("a cell has five parts: {line}")
            };
            Cell { target, topic, way, trick, outcome, reason }
        })
        .collect()
}

fn ways() -> Vec<(Topic, &'static Bypass)> {
    let templates =
        template::ALL.iter().map(|built_in| (Topic::Template(built_in.template), built_in.bypasses));
    let dimensions = DIMENSIONS.iter().map(|(dimension, ways)| (Topic::Dimension(*dimension), *ways));
    let topics = templates.chain(dimensions).chain([(Topic::Subject, SUBJECTS)]);
    topics.flat_map(|(topic, ways)| ways.iter().map(move |way| (topic, way))).collect()
}

/// Returns whether the measured outcome agrees with the table.
fn agrees(status: Status, cell: &Cell) -> bool {
    match status {
        Status::Covered(_) => matches!(cell.outcome, "denied" | "killed" | "absent"),
        Status::Killed(_) => matches!(cell.outcome, "killed" | "absent"),
        // Scenarios give the reasons of the native runtime only.
        Status::Open(reason) => {
            cell.outcome == "open" && (cell.reason == reason || cell.target.backend == Backend::Engine)
        }
        Status::Absent(_) => cell.outcome == "absent",
    }
}

#[test]
fn targets_did_what_the_tables_say() {
    let (cells, mut differences) = (cells(), Vec::new());
    for (topic, way) in ways() {
        for cell in cells.iter().filter(|cell| (cell.topic, cell.way) == (topic.name(), way.name)) {
            let status = way.on(cell.target);
            if !agrees(status, cell) {
                let Cell { target, trick, outcome, reason, .. } = cell;
                differences.push(format!(
                    "{}: {}: {trick}: {target} gave `{outcome}` `{reason}`, the table says {status:?}",
                    topic.name(),
                    way.name
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn measured_is_what_has_cells_and_nothing_else() {
    let cells = cells();
    let measured = [Kernel::V6_1, Kernel::V6_12, Kernel::V7_2]
        .map(|kernel| Target { backend: Backend::Native, kernel })
        .into_iter()
        .chain([Target { backend: Backend::Engine, kernel: Kernel::V6_12 }]);
    for target in measured {
        let of_backend = cells.iter().filter(|cell| cell.target.backend == target.backend);
        let shown: BTreeSet<(&str, &str)> = of_backend.map(|cell| (cell.topic, cell.way)).collect();
        let ways = ways().into_iter().filter(|(_, way)| way.evidence(target) == Evidence::Measured);
        let said: BTreeSet<(&str, &str)> = ways.map(|(topic, way)| (topic.name(), way.name)).collect();
        assert_eq!(shown, said, "{target}");
    }
}

#[test]
fn every_native_target_was_measured_with_every_template() {
    for kernel in Kernel::ALL {
        let target = Target { backend: Backend::Native, kernel };
        let cells = cells();
        let topics: BTreeSet<&str> =
            cells.iter().filter(|cell| cell.target == target).map(|cell| cell.topic).collect();
        let templates = Template::ALL.iter().filter(|template| **template != Template::Custom);
        let missing: Vec<&str> =
            templates.map(|template| template.id()).filter(|id| !topics.contains(id)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", kernel.name());
    }
}
