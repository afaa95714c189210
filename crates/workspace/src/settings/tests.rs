use std::fs;

use telovix_compiler::assessment::EngineDenial;
use telovix_compiler::emit::{EngineOptions, PackStateForm};
use telovix_diagnostic::{Level, Severity};

use super::Settings;
use crate::error::Error;
use crate::root::Root;

fn codes(error: Error) -> String {
    let Error::Settings(findings) = error else { return error.code().id.to_owned() };
    findings.diagnostics.iter().map(|found| found.code.id).collect::<Vec<_>>().join(" ")
}

fn read(text: &str) -> Result<Settings, String> {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("telovix.yaml"), text).unwrap();
    let place = Root::find(&[root.path().to_owned()]).unwrap();
    let below = |path: std::path::PathBuf| path.strip_prefix(root.path()).unwrap().to_owned();
    let config = Settings::read(&place).map_err(codes)?;
    Ok(Settings { output: config.output.map(below), trust_root: config.trust_root.map(below), ..config })
}

#[test]
fn every_setting_is_optional() {
    assert_eq!(read("# nothing yet\n"), Ok(Settings::default()));
}

#[test]
fn paths_are_relative_to_the_root() {
    let config = read("output: out/compiled\ntrust_root: trust.json\n").unwrap();
    assert_eq!(config.output.unwrap().to_str(), Some("out/compiled"));
    assert_eq!(config.trust_root.unwrap().to_str(), Some("trust.json"));
}

#[test]
fn levels_are_read_by_code() {
    let config = read("levels:\n  yaml-1-1-value: error\n  folder-circle: ignore\n").unwrap();
    let levels: Vec<_> = config.levels.iter().collect();
    let expected = [("folder-circle", Level::Off), ("yaml-1-1-value", Level::Report(Severity::Error))];
    assert_eq!(levels, expected);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mistakes =
        "outputs: x\nlevels:\n  folder-circel: note\n  folder-circle: fatal\n  unreadable-file: note\n";
    assert_eq!(read(mistakes), Err("unknown-key unknown-level-code unknown-level level-of-error".to_owned()));
}

#[test]
fn tetragon_options_default_to_off() {
    assert_eq!(read("engine: {}\n").unwrap().engine, EngineOptions::default());
    let engine = read("engine: { deny_with_kill: true, parents_map: true }\n").unwrap().engine;
    assert_eq!(engine.denial, EngineDenial::WithKill);
    assert_eq!(engine.pack_state, PackStateForm::Manifest);
    assert!(engine.features.has_parents_map);
}
