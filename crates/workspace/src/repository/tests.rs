use std::fs;
use std::path::Path;

use telovix_policy::value::Date;

use super::{Compilation, Repository};
use crate::output::OutputFolder;

const PROFILE: &str = "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: audit\nallowed_spawns: [/usr/bin/logger]\n";

/// Compiles as the command line does, and returns the codes of the errors.
fn compile(root: &Path, output: &Path) -> Vec<&'static str> {
    let repository = Repository::find(&[root.to_owned()]).unwrap();
    let folder = OutputFolder::check(output, repository.place()).unwrap();
    let options = repository.options(None, Date::parse("2026-11-20").unwrap());
    let mut successor = folder.successor();
    let input = repository.read(folder.path());
    let compiled = Compilation::of(input, &options, &mut |path, bytes| successor.write(path, bytes));
    let paths = compiled.artifacts.as_ref().map(|all| all.iter().map(|artifact| artifact.path.as_str()));
    successor.take_over(paths).unwrap();
    let errors = compiled.findings.diagnostics.iter().filter(|found| found.severity.name() == "error");
    errors.map(|found| found.code.id).collect()
}

fn repository(settings: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("profiles")).unwrap();
    fs::write(root.path().join("telovix.yaml"), settings).unwrap();
    fs::write(root.path().join("profiles/amf.yaml"), PROFILE).unwrap();
    root
}

#[test]
fn a_second_compile_skips_what_the_first_wrote() {
    let root = repository("targets: [native-6.12]\n");
    let output = root.path().join("compiled-policies");
    assert_eq!(compile(root.path(), &output), [""; 0]);
    assert!(output.join("manifest.json").is_file());
    assert_eq!(compile(root.path(), &output), [""; 0]);
}

#[test]
fn a_document_put_into_the_output_folder_by_hand_is_an_error() {
    let root = repository("targets: [native-6.12]\n");
    let output = root.path().join("compiled-policies");
    assert_eq!(compile(root.path(), &output), [""; 0]);
    let manifest = fs::read(output.join("manifest.json")).unwrap();
    fs::write(output.join("by-hand.yaml"), PROFILE.replace("amf", "smf")).unwrap();
    assert_eq!(compile(root.path(), &output), ["skipped-document"]);
    assert_eq!(fs::read(output.join("manifest.json")).unwrap(), manifest, "the folder is unchanged");
}

#[test]
fn an_output_folder_that_holds_documents_is_an_error() {
    let root = repository("output: profiles\n");
    fs::write(root.path().join("other.yaml"), PROFILE.replace("amf", "smf")).unwrap();
    assert_eq!(compile(root.path(), &root.path().join("profiles")), ["skipped-document"]);
    assert!(!root.path().join("profiles/manifest.json").exists());
}

#[test]
fn the_nearest_settings_upwards_are_found_from_any_folder() {
    let root = repository("output: out\n");
    let below = Repository::find(&[root.path().join("profiles")]).unwrap();
    assert_eq!(below.root(), root.path());
    assert_eq!(below.output(), root.path().join("out"));
}

#[test]
fn settings_that_cannot_be_read_are_an_error() {
    let root = repository("");
    fs::remove_file(root.path().join("telovix.yaml")).unwrap();
    std::os::unix::fs::symlink("gone", root.path().join("telovix.yaml")).unwrap();
    let error = Repository::find(&[root.path().to_owned()]).unwrap_err();
    assert_eq!(error.code().id, "unreadable-configuration");
}
