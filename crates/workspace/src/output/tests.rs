use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{OutputFolder, Replaced};
use crate::error::Error;
use crate::root::Root;

/// A run that reads this folder.
fn reading(folder: &Path) -> Root {
    Root::find(&[folder.to_owned()]).unwrap()
}

fn write(root: &Path, artifacts: &[(&str, &str)]) -> Result<Replaced, String> {
    let listed: Vec<_> = artifacts.iter().map(|(path, _)| serde_json::json!({ "path": path })).collect();
    let manifest = serde_json::json!({ "tool": { "name": "telovix" }, "artifacts": listed }).to_string();
    let output = OutputFolder::check(&root.join("out"), &reading(&root.join("in")))
        .map_err(|error| error.code().id.to_owned() + &format!(" {error}"))?;
    let artifacts = artifacts.iter().map(|(path, text)| (*path, text.as_bytes()));
    let artifacts = artifacts.chain([("manifest.json", manifest.as_bytes())]);
    replace(&output, artifacts).map_err(|error| error.code().id.to_owned() + &format!(" {error}"))
}

fn replace<'run>(
    output: &OutputFolder,
    artifacts: impl Iterator<Item = (&'run str, &'run [u8])> + Clone,
) -> Result<Replaced, Error> {
    let mut successor = output.successor();
    let _stopped = artifacts.clone().try_for_each(|(path, bytes)| successor.write(path, bytes));
    Ok(successor.take_over(Some(artifacts.map(|(path, _)| path)))?.expect("an artifact"))
}

fn content(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(content(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else if name != "manifest.json" {
            files.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    files
}

fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_second_compile_replaces_the_first_and_keeps_what_is_not_its_own() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("a.yaml", "1"), ("pack/0.1.0/b.yaml", "1")]).unwrap();
    fs::write(root.path().join("out/NOTES"), "mine").unwrap();
    let replaced = write(root.path(), &[("a.yaml", "2"), ("c.yaml", "1")]).unwrap();
    assert_eq!(replaced.stale, ["pack/0.1.0/b.yaml"]);
    let expected = files(&[("NOTES", "mine"), ("a.yaml", "2"), ("c.yaml", "1")]);
    assert_eq!(content(&root.path().join("out")), expected);
    assert_eq!(content(root.path()).len(), 3, "the staging folder is gone");
}

#[test]
fn a_signature_stays_exactly_as_long_as_what_it_signs() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("a.yaml", "1"), ("b.yaml", "1"), ("c.yaml", "1")]).unwrap();
    for name in ["a.yaml.sig", "b.yaml.sig", "c.yaml.sig"] {
        fs::write(root.path().join("out").join(name), "signed").unwrap();
    }
    let replaced = write(root.path(), &[("a.yaml", "1"), ("b.yaml", "2")]).unwrap();
    assert_eq!(replaced.signatures, ["b.yaml.sig", "c.yaml.sig"]);
    let expected = files(&[("a.yaml", "1"), ("a.yaml.sig", "signed"), ("b.yaml", "2")]);
    assert_eq!(content(&root.path().join("out")), expected);
}

#[test]
fn a_file_that_no_compile_wrote_is_never_replaced() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("out")).unwrap();
    fs::write(root.path().join("out/a.yaml"), "mine").unwrap();
    let failure = write(root.path(), &[("a.yaml", "1"), ("b.yaml", "1")]).unwrap_err();
    assert!(failure.contains("output-in-the-way"), "{failure}");
    assert_eq!(content(root.path()), files(&[("out/a.yaml", "mine")]));
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join(".out.partial")).unwrap();
    fs::write(root.path().join(".out.partial/half"), "").unwrap();
    write(root.path(), &[("a.yaml", "1")]).unwrap();
    assert_eq!(content(root.path()), files(&[("out/a.yaml", "1")]));
}

#[test]
fn an_artifact_cannot_leave_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let failure = write(root.path(), &[("../evil", "1")]).unwrap_err();
    assert!(failure.contains("outside of the folder"), "{failure}");
    assert!(content(root.path()).is_empty());
}

#[test]
fn a_link_stays_a_link() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", root.path().join("out")).unwrap();
    write(root.path(), &[("a.yaml", "1")]).unwrap();
    assert!(root.path().join("out").is_symlink());
    assert_eq!(content(&root.path().join("real")), files(&[("a.yaml", "1")]));
}

#[test]
fn folders_that_hold_the_input_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let input = root.path().join("policies");
    fs::create_dir(&input).unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let code = |output: &str| match OutputFolder::check(&root.path().join(output), &reading(&input)) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.code().id.to_owned(),
    };
    assert_eq!(code("policies"), "output-holds-input");
    assert_eq!(code(""), "output-holds-input");
    assert_eq!(code("/"), "output-holds-input");
    assert_eq!(code("file"), "output-is-a-file");
    assert_eq!(code("file/below"), "output-is-a-file");
    let dash = OutputFolder::check(Path::new("-"), &reading(&input)).unwrap_err();
    assert_eq!(dash.code().id, "output-is-standard-output");
    assert_eq!(code("policies/compiled"), "fine");
    assert_eq!(code("compiled"), "fine");
}

/// Runs in a separate process: a signal would reach the other tests too.
#[test]
fn an_interrupted_compile_leaves_the_folder_unchanged() {
    const ALONE: &str = "TELOVIX_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "output::tests::an_interrupted_compile_leaves_the_folder_unchanged";
        let test = std::env::current_exe().unwrap();
        let status =
            std::process::Command::new(test).args(["--exact", name]).env(ALONE, "1").status().unwrap();
        assert!(status.success());
        return;
    }
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("a.yaml", "1")]).unwrap();
    let output = OutputFolder::check(&root.path().join("out"), &reading(&root.path().join("in"))).unwrap();
    let artifacts = [("a.yaml", b"2".as_slice()), ("b.yaml", b"2")].into_iter();
    let raise = |(path, _): &(&str, _)| {
        if *path == "b.yaml" {
            signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
        }
    };
    assert!(replace(&output, artifacts.inspect(raise)).is_err());
    assert_eq!(content(root.path()), files(&[("out/a.yaml", "1")]));
}
