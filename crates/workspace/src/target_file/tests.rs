use std::fs;

use telovix_compiler::Options;
use telovix_platform::{Release, Target};
use telovix_policy::value::Date;

use super::{TargetHost, compile_for, is_target_file, notes, read};
use crate::error::Error;

fn host(text: &str) -> Result<TargetHost, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.yaml");
    fs::write(&path, text).unwrap();
    read(&path).map_err(|error| match error {
        Error::Settings(findings) => {
            findings.diagnostics.iter().map(|found| found.code.id).collect::<Vec<_>>().join(" ")
        }
        other => other.code().id.to_owned(),
    })
}

#[test]
fn names_and_files_are_told_apart() {
    assert!(["hosts/edge", "edge.yaml", "./edge.json"].iter().all(|name| is_target_file(name)));
    assert!(Target::ALL.iter().all(|target| !is_target_file(target.name())));
}

#[test]
fn a_host_stands_for_targets_and_features() {
    let edge = host(
        "kernel: 6.12.107-cloud\nlsm: [lockdown, bpf]\nnative: false\ntetragon: {version: 1.6, parents_map: true}\n",
    )
    .unwrap();
    let core =
        host("kernel: \"7.2\"\ntetragon: {version: 1.7, kubernetes: true, parents_map: true}\n").unwrap();
    let mut options =
        Options { targets: Vec::new(), ..Options::on(Date::parse("2026-11-21").expect("a date")) };
    compile_for(&[edge, core], &mut options);
    let names: Vec<_> = options.targets.iter().map(|target| target.name()).collect();
    assert_eq!(names, ["tetragon-6.12", "native-7.2", "tetragon-7.2"]);
    assert_eq!(options.engine.release, Release::V1_6);
    assert!(options.engine.features.has_parents_map && !options.engine.features.has_kubernetes);
}

#[test]
fn hosts_without_enforcement_are_refused() {
    for (text, codes) in [
        ("kernel: \"5.15\"\n", "target-file"),
        ("kernel: linux\n", "target-file"),
        ("kernel: \"6.12\"\nlsm: [apparmor]\n", "target-file"),
        ("kernel: \"6.12\"\nnative: false\n", "target-file"),
        ("kernel: \"6.12\"\ntetragon: {version: \"0.9\"}\n", "unknown-release"),
        ("kernel: \"6.12\"\nkernels: 3\n", "unknown-key"),
        ("arch: x86_64\n", "missing-field"),
    ] {
        assert_eq!(host(text).map(|_| ()), Err(codes.to_owned()), "{text}");
    }
}

#[test]
fn differences_from_the_facts_are_told() {
    let host = host("kernel: 6.8.0-45-generic\narch: aarch64\n").unwrap();
    let messages: Vec<_> = notes("edge.yaml", &host.host).into_iter().map(|note| note.message).collect();
    assert_eq!(
        messages,
        [
            "`edge.yaml` has kernel 6.8, for which the facts of 6.1 are used",
            "`edge.yaml` is an aarch64, for which the facts of x86-64 are used; the functions of its kernel are those of arm64"
        ]
    );
}
