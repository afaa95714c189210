use std::fs;

use telovix_compiler::assessment::EngineDenial;
use telovix_compiler::emit::{EngineOptions, PackStateForm};
use telovix_diagnostic::{Level, Severity};
use telovix_tetragon::Dialect;

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
fn the_rules_of_a_console_are_asked_for() {
    assert_eq!(read("console: true\n").unwrap().engine.dialect, Dialect::Console);
    assert_eq!(read("console: false\n").unwrap(), Settings::default());
    assert_eq!(read("tetragon: {parents_map: true}\n").unwrap().engine.dialect, Dialect::Tetragon);
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
fn tetragon_settings_that_are_not_written_have_their_defaults() {
    assert_eq!(read("tetragon: {}\n").unwrap().engine, EngineOptions::default());
    let engine = read("tetragon: { deny_with_kill: true, parents_map: true }\n").unwrap().engine;
    assert_eq!(engine.denial, EngineDenial::WithKill);
    assert_eq!(engine.pack_state, PackStateForm::Manifest);
    assert!(engine.features.has_parents_map);
}

#[test]
fn old_names_mean_the_same_and_are_noted_with_their_line() {
    let old = read("targets: [native-6.1, engine-6.12]\nengine: { kubernetes: true }\n").unwrap();
    let new = read("targets: [native-6.1, tetragon-6.12]\ntetragon: { kubernetes: true }\n").unwrap();
    let notes: Vec<_> = old.notes.iter().map(|note| (note.code.id, note.message.clone())).collect();
    assert_eq!(notes.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["old-name", "old-name"]);
    assert!(notes[0].1.contains("telovix.yaml:1)") && notes[1].1.contains("telovix.yaml:2)"), "{notes:?}");
    assert!(new.notes.is_empty());
    assert_eq!(Settings { notes: Vec::new(), ..old }, new);
}

#[test]
fn the_old_and_the_new_key_together_are_an_error() {
    assert_eq!(
        read("tetragon: { kubernetes: true }\nengine: { deny_with_kill: true }\n"),
        Err("old-and-new-key".to_owned())
    );
}
