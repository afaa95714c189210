//! Faults in each backend -> the proof catches them: `cargo xtask mutate-backends` prints the table.
//!
//! The faults are put in between emission and proof: into the text of a TracingPolicy, and into the confinements that an
//! image is packed from. A proof that cannot fail would prove nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that prints a table")]

#[path = "mutated_backends/image.rs"]
mod image;
#[path = "mutated_backends/yaml.rs"]
mod yaml;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use telovix_compiler::emit::{Artifact, ArtifactKind};
use telovix_compiler::{Options, Outcome, Proof, compile_to};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_proof::Emitted;

/// What one kind of fault led to.
#[derive(Debug, Default)]
struct Seeded {
    faults: usize,
    caught: usize,
    /// The faults that no event shows.
    survivors: Vec<String>,
}

/// The policies that faults are put into the artifacts of.
struct Compiled {
    sources: SourceSet,
    options: Options,
    outcome: Outcome,
    emitted: Vec<Emitted>,
}

/// Compiles the policies beside this file.
fn compiled() -> Compiled {
    let folder = telovix_snapshot::root().join("tests/prove");
    let mut texts: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    texts.sort();
    let sources = SourceSet::new(texts);
    let options = Options { proof: Proof::Whole, ..Options::on(Date::new(2026, 11, 21).unwrap()) };
    let mut bytes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let outcome = compile_to(&sources, &options, &mut |path, content| {
        bytes.insert(path.to_owned(), content.to_vec());
        ControlFlow::Continue(())
    });
    let faults: Vec<_> = outcome.diagnostics.iter().map(|found| (found.code.id, &found.message)).collect();
    let artifacts = outcome.artifacts.as_ref().unwrap_or_else(|| panic!("{faults:#?}"));
    assert_eq!((outcome.proof.engine.left_out, outcome.proof.engine.unexplained), (0, 0));
    assert!(outcome.proof.engine.agreed > 500 && outcome.proof.native.agreed > 500, "{:#?}", outcome.proof);
    let policies = artifacts.iter().filter(|artifact| artifact.kind == ArtifactKind::TracingPolicy);
    let emitted = policies.map(|artifact: &Artifact| Emitted {
        path: artifact.path.clone(),
        text: Some(String::from_utf8(bytes[&artifact.path].clone()).unwrap()),
        sources: artifact.sources.clone(),
        scope: artifact.scope.clone(),
    });
    let emitted = emitted.collect();
    Compiled { sources, options, outcome, emitted }
}

/// Prints the table, and fails unless every fault but the named ones was caught.
fn judge(backend: &str, table: &BTreeMap<&'static str, Seeded>, equivalent: &[(&str, &str)]) {
    println!("{backend}");
    let mut unexplained = Vec::new();
    for (kind, seeded) in table {
        println!("  {:>4} of {:>4}  {kind}", seeded.caught, seeded.faults);
        assert!(seeded.faults > 0, "no place for `{kind}`");
        for survivor in &seeded.survivors {
            match equivalent.iter().find(|(part, _)| survivor.contains(part)) {
                Some((_, reason)) => println!("                {survivor}: {reason}"),
                None => unexplained.push(survivor),
            }
        }
    }
    assert!(unexplained.is_empty(), "not caught: {unexplained:#?}");
}
