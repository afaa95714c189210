//! A build of Tetragon and emitted documents -> whether each loads, and stops what its policy says it stops.
//!
//! The build is in `/agent`: `tetragon`, `tetra` and the BPF objects in `bpf`; the documents are in `/documents`. The
//! attempts of a document are one of each case that its selectors distinguish, as the interpreter of the compiler judges
//! them; those that depend on anything else are left out.

mod driver;
mod probes;

use std::path::{Path, PathBuf};

pub(crate) use driver::Agent;

/// Runs every document whose name has a text in it, and prints a line for each.
pub(crate) fn run(filter: &str) {
    let agent = match Agent::start(Path::new("/agent"), Path::new("/run")) {
        Ok(agent) => agent,
        Err(error) => {
            println!("@@ FAIL agent: {error:#}");
            return;
        }
    };
    println!("@@ PASS agent: {}", agent.version());
    let documents = documents(Path::new("/documents"), filter);
    for document in &documents {
        let name = document.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match alone(&agent, document) {
            Ok(attempts) => println!("@@ PASS {name}: loaded, {attempts} attempts as judged"),
            Err(error) => println!("@@ FAIL {name}: {error:#}"),
        }
    }
    match together(&agent, &documents) {
        Ok(()) => println!("@@ PASS together: {} documents", documents.len()),
        Err(error) => println!("@@ FAIL together: {error:#}"),
    }
}

/// Loads one document, makes its attempts and deletes it.
fn alone(agent: &Agent, document: &Path) -> anyhow::Result<usize> {
    let probes = probes::of(&std::fs::read_to_string(document)?)?;
    let name = agent.add(document)?;
    let attempts = agent.require_enabled(&name).and_then(|()| probes::attempt_all(&probes));
    agent.delete(&name)?;
    attempts
}

/// Loads all documents at once: the slots of a hook and the maps of a host are shared.
fn together(agent: &Agent, documents: &[PathBuf]) -> anyhow::Result<()> {
    let names = documents.iter().map(|document| agent.add(document));
    let names: Vec<String> = names.collect::<anyhow::Result<_>>()?;
    names.iter().try_for_each(|name| agent.require_enabled(name))?;
    names.iter().try_for_each(|name| agent.delete(name))
}

fn documents(folder: &Path, filter: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.to_string_lossy().contains(filter));
    paths.sort();
    paths
}
