//! The crates and modules of the workspace -> an error when they differ from ARCHITECTURE.md.
//!
//! Two things are checked: the dependencies of each crate against the block of ARCHITECTURE.md that lists them, and
//! that no crate has a cycle among its modules.

mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use crate::repository;
use modules::Modules;

/// The first line of the block that lists the dependencies of each crate.
const BLOCK: &str = "```text crates";

/// A crate folder and the crate folders it depends on.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Prints every difference and every cycle; fails when there are any.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask structure");
    }
    let page = repository::root().join("ARCHITECTURE.md");
    let page = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let actual = actual()?;
    let mut faults = differences(&written(&page)?, &actual);
    for name in actual.keys() {
        let modules = Modules::read(&repository::root().join("crates").join(name).join("src"))
            .with_context(|| format!("cannot draw the modules of crates/{name}"))?;
        let cycles = modules.cycles();
        faults.extend(
            cycles.iter().map(|ring| format!("crates/{name}: modules in a cycle: {}", ring.join(", "))),
        );
    }
    if faults.is_empty() {
        println!("{} crates, no module cycles", actual.len());
        return Ok(());
    }
    faults.iter().for_each(|fault| println!("{fault}"));
    bail!("the structure has {} faults", faults.len());
}

/// Reads the block of a page: a line for each crate, `crate` or `crate: dependency dependency`.
fn written(page: &str) -> anyhow::Result<Arrows> {
    let (_, rest) =
        page.split_once(BLOCK).ok_or_else(|| anyhow!("ARCHITECTURE.md has no block `{BLOCK}`"))?;
    let (block, _) = rest.split_once("```").ok_or_else(|| anyhow!("the block `{BLOCK}` has no end"))?;
    let lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines
        .map(|line| {
            let (name, dependencies) = line.split_once(':').unwrap_or((line, ""));
            (name.trim().to_owned(), dependencies.split_whitespace().map(str::to_owned).collect())
        })
        .collect())
}

/// Asks cargo for the crates below `crates/` and what each is built from; dependencies of tests are left out.
fn actual() -> anyhow::Result<Arrows> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(repository::root()).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let metadata: Value = serde_json::from_slice(&repository::run(&mut cargo)?)?;
    let crates = repository::root().join("crates");
    let folder = |path: &Value| {
        let path = std::path::Path::new(path.as_str()?).strip_prefix(&crates).ok()?;
        Some(path.iter().next()?.to_str()?.to_owned())
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut arrows = Arrows::new();
    for package in list(&metadata["packages"]) {
        let Some(name) = folder(&package["manifest_path"]) else { continue };
        let built_from = list(&package["dependencies"]).into_iter().filter(|one| one["kind"].is_null());
        arrows.insert(name, built_from.filter_map(|one| folder(&one["path"])).collect());
    }
    Ok(arrows)
}

fn differences(written: &Arrows, actual: &Arrows) -> Vec<String> {
    let mut faults = Vec::new();
    let names: BTreeSet<_> = written.keys().chain(actual.keys()).collect();
    for name in names {
        match (written.get(name), actual.get(name)) {
            (None, _) => faults.push(format!("ARCHITECTURE.md does not list crates/{name}")),
            (_, None) => {
                faults.push(format!("ARCHITECTURE.md lists `{name}`, which is not a folder of crates/"));
            }
            (Some(written), Some(actual)) => {
                let says = |left: &BTreeSet<String>, right: &BTreeSet<String>, what: &str| {
                    let more = left.difference(right);
                    more.map(|one| format!("crates/{name}: {what} `{one}`")).collect::<Vec<_>>()
                };
                faults.extend(says(actual, written, "ARCHITECTURE.md does not allow the dependency on"));
                faults.extend(says(written, actual, "ARCHITECTURE.md lists an unused dependency on"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{differences, written};

    #[test]
    fn a_dependency_that_is_not_listed_is_a_fault_and_so_is_one_too_many() {
        let page =
            |arrows: &str| written(&format!("text\n\n```text crates\n{arrows}\n```\n")).expect("a block");
        let listed = page("ground\npolicy: ground\nsyntax: ground");
        assert_eq!(differences(&listed, &listed), [""; 0]);
        let found = differences(&listed, &page("ground: policy\npolicy: ground\nsyntax"));
        assert_eq!(
            found,
            [
                "crates/ground: ARCHITECTURE.md does not allow the dependency on `policy`",
                "crates/syntax: ARCHITECTURE.md lists an unused dependency on `ground`",
            ]
        );
        assert_eq!(differences(&page("a\nb"), &page("b\nc")).len(), 2);
    }
}
