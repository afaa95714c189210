use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{Input, LeftOut, Selection};
use crate::glob::Glob;
use crate::root::Root;

fn read(root: &Path, paths: &[&str]) -> Input {
    let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
    let (output, trust_root) = (root.join("compiled-policies"), root.join("trust-root.json"));
    Root::find(&paths).unwrap().read(&LeftOut::new(&output, &trust_root))
}

fn names(input: &Input) -> Vec<&str> {
    input.sources.iter().map(|(_, source)| source.name()).collect()
}

fn codes(input: &Input) -> Vec<&str> {
    input.problems.iter().map(|problem| problem.code().id).collect()
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
        ("b.yml", DOCUMENT),
        ("a.yaml", DOCUMENT),
        ("deep/er/c.JSON", DOCUMENT),
        ("README.md", b"no"),
        ("telovix.yaml", b"no"),
        (".github/ci.yaml", b"no"),
        (".hidden.yaml", b"no"),
        ("compiled-policies/x.yaml", b"no"),
        (
            "elsewhere/manifest.json",
            br#"{"version": 1, "tool": {"name": "telovix"}, "artifacts": [{"path": "x.yaml"}]}"#,
        ),
        ("elsewhere/x.yaml", b"no"),
    ]);
    let input = read(root.path(), &[""]);
    assert_eq!(names(&input), ["a.yaml", "b.yml", "deep/er/c.JSON"]);
    assert!(input.problems.is_empty());
}

#[test]
fn names_count_from_the_repository_root_whatever_was_named() {
    let root =
        folder(&[("telovix.yaml", b""), ("profiles/amf.yaml", DOCUMENT), ("rules/kmod.yaml", DOCUMENT)]);
    assert_eq!(names(&read(root.path(), &["profiles"])), ["profiles/amf.yaml"]);
    assert_eq!(names(&read(root.path(), &["profiles/amf.yaml"])), ["profiles/amf.yaml"]);
    assert_eq!(names(&read(root.path(), &["rules", "profiles"])), ["profiles/amf.yaml", "rules/kmod.yaml"]);
}

#[test]
fn without_a_configuration_names_count_from_the_common_folder() {
    let root = folder(&[(".git/config", b""), ("p/a/x.yaml", DOCUMENT), ("p/b/y.yaml", DOCUMENT)]);
    assert_eq!(names(&read(root.path(), &["p/a"])), ["x.yaml"]);
    assert_eq!(names(&read(root.path(), &["p/b/y.yaml", "p/a/x.yaml"])), ["a/x.yaml", "b/y.yaml"]);
}

#[test]
fn everything_unreadable_is_reported_at_once() {
    let root = folder(&[
        ("good.yaml", DOCUMENT),
        ("archive.yaml", b"\x1f\x8b\x00\x00"),
        ("latin.yaml", b"# first\ndescription: caf\xe9"),
        ("wide.yaml", b"\xff\xfek\x00"),
    ]);
    symlink("nowhere", root.path().join("dangling.yaml")).unwrap();
    let input = read(root.path(), &["", "missing"]);
    assert_eq!(names(&input), ["good.yaml"]);
    assert_eq!(codes(&input), ["unreadable-file", "unreadable-file", "binary-file", "not-utf8", "not-utf8"]);
    assert!(input.problems[3].to_string().ends_with("is not UTF-8: byte 0xe9 on line 2"));
}

#[test]
fn links_are_followed_once_and_never_in_circles() {
    let root = folder(&[("policies/a.yaml", DOCUMENT), ("shared/s.yaml", DOCUMENT)]);
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
    let root = folder(&[("a.yaml", DOCUMENT)]);
    assert_eq!(names(&read(root.path(), &["", "a.yaml"])), ["a.yaml"]);
}

const DOCUMENT: &[u8] = b"kind: GuardianProfile\nname: x\ntarget_binary: /bin/x\n";

/// Every place that a walk skips, with a document in it.
#[test]
fn a_document_in_a_place_that_is_skipped_is_a_problem() {
    let places = [
        ".hidden/deep/x.yaml",
        ".hidden.yaml",
        ".telovix/x.json",
        "compiled-policies/x.yaml",
        "below/telovix.yaml",
        "below/trust-root.json",
        "trust-root.json",
    ];
    for place in places {
        let root = folder(&[("a.yaml", DOCUMENT), (place, DOCUMENT)]);
        let input = read(root.path(), &[""]);
        assert_eq!(codes(&input), ["skipped-document"], "{place}");
        assert!(input.problems[0].to_string().contains(place), "{}", input.problems[0]);
        assert_eq!(names(&input), ["a.yaml"]);
    }
}

#[test]
fn what_lies_in_a_skipped_place_and_is_no_document_is_fine() {
    let root = folder(&[
        ("a.yaml", DOCUMENT),
        (".github/workflows/ci.yaml", b"on: push"),
        (".git/objects/x.yaml", DOCUMENT),
        (".compiled-policies.partial/x.yaml", DOCUMENT),
        ("compiled-policies/notes.yaml", b"text"),
        (".archive/x.yaml.bak", DOCUMENT),
    ]);
    assert!(read(root.path(), &[""]).problems.is_empty());
}

#[test]
fn a_hidden_link_to_what_is_read_loses_nothing() {
    let root = folder(&[("a.yaml", DOCUMENT)]);
    symlink("a.yaml", root.path().join(".latest.yaml")).unwrap();
    symlink(".", root.path().join(".all")).unwrap();
    symlink("somebody@host:1", root.path().join(".#a.yaml")).unwrap();
    assert!(read(root.path(), &[""]).problems.is_empty());
}

#[test]
fn in_a_folder_that_a_compile_wrote_only_listed_files_are_artifacts() {
    let manifest = br#"{"tool": {"name": "telovix"}, "artifacts": [{"path": "sub/listed.yaml"}]}"#;
    let root = folder(&[
        ("a.yaml", DOCUMENT),
        ("elsewhere/manifest.json", manifest),
        ("elsewhere/sub/listed.yaml", DOCUMENT),
    ]);
    assert!(read(root.path(), &[""]).problems.is_empty());
    fs::write(root.path().join("elsewhere/sub/by-hand.yaml"), DOCUMENT).unwrap();
    assert_eq!(codes(&read(root.path(), &[""])), ["skipped-document"]);
}

#[test]
fn links_that_lead_nowhere_or_round_in_a_loop_are_problems_whatever_their_name() {
    let root = folder(&[("a.yaml", DOCUMENT)]);
    symlink("gone", root.path().join("shared")).unwrap();
    symlink("loop", root.path().join("loop")).unwrap();
    symlink(".loop", root.path().join(".loop")).unwrap();
    assert_eq!(codes(&read(root.path(), &[""])), ["unreadable-file"; 3]);
}

#[test]
fn folders_nested_too_deep_are_a_problem() {
    let deep = format!("{}x.yaml", "d/".repeat(130));
    let root = folder(&[("a.yaml", DOCUMENT), (&deep, DOCUMENT)]);
    assert_eq!(codes(&read(root.path(), &[""])), ["folder-too-deep"]);
}

#[test]
fn a_file_larger_than_the_limit_is_refused_by_its_size() {
    let root = folder(&[("a.yaml", DOCUMENT), ("huge.yaml", b"")]);
    let huge = fs::OpenOptions::new().write(true).open(root.path().join("huge.yaml")).unwrap();
    huge.set_len(2 << 30).unwrap();
    let input = read(root.path(), &[""]);
    assert_eq!(codes(&input), ["file-too-large"]);
    assert_eq!(names(&input), ["a.yaml"]);
}

#[test]
fn files_of_other_kinds_are_counted_and_patterns_select() {
    let root = folder(&[
        ("telovix.yaml", b""),
        ("policies/a.yaml", DOCUMENT),
        ("policies/old/b.yaml", DOCUMENT),
        ("package.json", b"{}"),
        ("empty.json", b""),
    ]);
    let read = |include: &[&str], exclude: &[&str]| {
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::parse(text).unwrap()).collect::<Vec<_>>();
        let selection = Selection::new(root.path(), &globs(include), &globs(exclude));
        let left_out = LeftOut::new(Path::new("/nowhere"), Path::new("/nowhere")).selected_by(&selection);
        let input = Root::find(&[root.path().to_owned()]).unwrap().read(&left_out);
        let names = names(&input).join(" ");
        (names, codes(&input).join(" "))
    };
    let told = |names: &str, codes: &str| (names.to_owned(), codes.to_owned());
    assert_eq!(read(&[], &[]), told("policies/a.yaml policies/old/b.yaml", "other-files"));
    assert_eq!(read(&["policies/"], &["old"]), told("policies/a.yaml", ""));
    assert_eq!(read(&["policy/"], &[]), told("", "nothing-to-read unmatched-pattern"));
    assert_eq!(read(&[], &["*.json", "x"]), told("policies/a.yaml policies/old/b.yaml", "unmatched-pattern"));
}
