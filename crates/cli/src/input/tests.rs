use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{Input, Place};

fn read(root: &Path, paths: &[&str]) -> Input {
    let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
    Place::find(&paths).unwrap().read(&[&root.join("compiled-policies")])
}

fn names(input: &Input) -> Vec<&str> {
    input.sources.iter().map(|(_, source)| source.name()).collect()
}

fn codes(input: &Input) -> Vec<&str> {
    input.problems.iter().map(|problem| problem.code.id).collect()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    root
}

#[test]
fn a_folder_gives_its_policy_files_by_name() {
    let root = folder(&[
        ("b.yml", b"b"),
        ("a.yaml", b"a"),
        ("deep/er/c.JSON", b"c"),
        ("README.md", b"no"),
        ("telovix.yaml", b"no"),
        (".github/ci.yaml", b"no"),
        (".hidden.yaml", b"no"),
        ("compiled-policies/x.yaml", b"no"),
        ("elsewhere/manifest.json", br#"{"version": 1, "tool": {"name": "telovix", "version": "0.1.0"}}"#),
        ("elsewhere/x.yaml", b"no"),
    ]);
    let input = read(root.path(), &[""]);
    assert_eq!(names(&input), ["a.yaml", "b.yml", "deep/er/c.JSON"]);
    assert!(input.problems.is_empty());
}

#[test]
fn names_count_from_the_repository_root_whatever_was_named() {
    let root = folder(&[("telovix.yaml", b""), ("profiles/amf.yaml", b""), ("rules/kmod.yaml", b"")]);
    assert_eq!(names(&read(root.path(), &["profiles"])), ["profiles/amf.yaml"]);
    assert_eq!(names(&read(root.path(), &["profiles/amf.yaml"])), ["profiles/amf.yaml"]);
    assert_eq!(names(&read(root.path(), &["rules", "profiles"])), ["profiles/amf.yaml", "rules/kmod.yaml"]);
}

#[test]
fn without_a_configuration_names_count_from_the_common_folder() {
    let root = folder(&[(".git/config", b""), ("p/a/x.yaml", b""), ("p/b/y.yaml", b"")]);
    assert_eq!(names(&read(root.path(), &["p/a"])), ["x.yaml"]);
    assert_eq!(names(&read(root.path(), &["p/b/y.yaml", "p/a/x.yaml"])), ["a/x.yaml", "b/y.yaml"]);
}

#[test]
fn everything_unreadable_is_reported_at_once() {
    let root = folder(&[
        ("good.yaml", b"kind: x"),
        ("archive.yaml", b"\x1f\x8b\x00\x00"),
        ("latin.yaml", b"# first\ndescription: caf\xe9"),
        ("wide.yaml", b"\xff\xfek\x00"),
    ]);
    symlink("nowhere", root.path().join("dangling.yaml")).unwrap();
    let input = read(root.path(), &["", "missing"]);
    assert_eq!(names(&input), ["good.yaml"]);
    assert_eq!(codes(&input), ["unreadable-file", "unreadable-file", "binary-file", "not-utf8", "not-utf8"]);
    assert!(input.problems[3].message.ends_with("is not UTF-8: byte 0xe9 on line 2"));
}

#[test]
fn links_are_followed_once_and_never_in_circles() {
    let root = folder(&[("policies/a.yaml", b"a"), ("shared/s.yaml", b"s")]);
    symlink("../policies", root.path().join("policies/all")).unwrap();
    symlink("../shared", root.path().join("policies/shared")).unwrap();
    symlink("a.yaml", root.path().join("policies/b.yaml")).unwrap();
    let input = read(root.path(), &["policies"]);
    assert_eq!(names(&input), ["a.yaml", "shared/s.yaml"]);
    assert_eq!(codes(&input), ["folder-circle"]);
}

#[test]
fn an_empty_folder_is_not_a_clean_one() {
    let root = folder(&[("README.md", b"")]);
    assert_eq!(codes(&read(root.path(), &[""])), ["nothing-to-read"]);
}

#[test]
fn the_same_file_named_twice_is_read_once() {
    let root = folder(&[("a.yaml", b"a")]);
    assert_eq!(names(&read(root.path(), &["", "a.yaml"])), ["a.yaml"]);
}
