//! A manifest that is written and read again is unchanged.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use telovix_compiler::emit::Receiver;
use telovix_compiler::emit::manifest::{MANIFEST_PATH, Manifest};
use telovix_compiler::{Options, Outcome, compile_to};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;

/// Reads the policies below a folder.
fn policies(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the repository") {
            let path: PathBuf = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") && !path.ends_with("telovix.yaml") {
                let name = path.strip_prefix(folder).expect("a path below the folder");
                let text = fs::read_to_string(&path).expect("a readable file");
                found.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    found
}

/// Compiles the examples for every target.
fn compile(receiver: Receiver<'_>) -> Outcome {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let sources = SourceSet::new(policies(&examples));
    let options = Options::on(Date::new(2026, 11, 21).expect("a day of the calendar"));
    compile_to(&sources, &options, receiver)
}

#[test]
fn a_manifest_reads_back_as_it_was_written() {
    let mut text = String::new();
    let outcome = compile(&mut |path, bytes| {
        if path == MANIFEST_PATH {
            text = String::from_utf8(bytes.to_vec()).expect("JSON is UTF-8");
        }
        ControlFlow::Continue(())
    });
    let artifacts = outcome.artifacts.expect("the examples compile");
    let manifest: Manifest = serde_json::from_str(&text).expect("a manifest");
    assert_eq!(serde_json::to_string_pretty(&manifest).expect("JSON") + "\n", text);
    assert_eq!(manifest.artifacts.len(), artifacts.len() - 1);
    let lists = [manifest.documents.len(), manifest.confinements.len(), manifest.evasions.len()];
    let more = [manifest.packs.len(), manifest.detections.len(), manifest.host_limits.len()];
    assert!(lists.into_iter().chain(more).all(|length| length > 0), "{lists:?} {more:?}");
}

#[test]
fn a_receiver_that_has_enough_gets_no_more() {
    let mut received = 0;
    let outcome = compile(&mut |_, _| {
        received += 1;
        if received < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!(received, 3);
    assert!(outcome.artifacts.is_none());
}
