//! Files of `tests/format/` -> their layout, compared with the `.expected` next to each; and what is true of any file.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::field_order;
use telovix_syntax::format::{Unformatted, format};

#[test]
fn each_file_has_one_form() {
    telovix_snapshot::assert_cases("format", 8, |files| {
        let sources = SourceSet::new(files);
        let texts = sources.iter().map(|(_, source)| match format(source.text(), field_order) {
            Ok(formatted) => formatted,
            Err(reason) => format!("{reason:?}\n"),
        });
        texts.collect()
    });
}

/// Every policy of the repository, from the examples to the inputs of other tests.
#[test]
fn every_policy_without_errors_is_laid_out_once() {
    let mut laid_out = 0;
    for path in policies() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        match format(&text, field_order) {
            Ok(formatted) => {
                hold(&text, &formatted);
                laid_out += 1;
            }
            Err(Unformatted::NotRead) => {}
            Err(Unformatted::Unsafe) if path.ends_with("format/explicit-keys.yaml") => {}
            Err(Unformatted::Unsafe) => panic!("{} is not laid out", path.display()),
        }
    }
    assert!(laid_out > 100, "only {laid_out} files were laid out");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Spaces, blank lines and comments put anywhere: whatever can still be read means the same afterwards.
    #[test]
    fn any_layout_comes_to_rest_with_its_meaning(
        number in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 0..8),
    ) {
        let texts: Vec<String> = policies().iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
        let mut lines: Vec<String> = number.get(&texts).lines().map(str::to_owned).collect();
        for (place, change) in changes {
            if !lines.is_empty() {
                change.make(&mut lines, place);
            }
        }
        let text = lines.join("\n");
        if let Ok(formatted) = format(&text, field_order) {
            hold(&text, &formatted);
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Before(&'static str),
    After(&'static str),
    Line(&'static str),
    Deeper(usize),
}

impl Change {
    fn make(&self, lines: &mut Vec<String>, place: prop::sample::Index) {
        let at = place.index(lines.len());
        match self {
            Change::Before(text) => lines[at].insert_str(0, text),
            Change::After(text) => lines[at].push_str(text),
            Change::Line(text) => lines.insert(at, (*text).to_owned()),
            // All that follows moves, so that blocks stay blocks.
            Change::Deeper(columns) => {
                for line in lines.iter_mut().skip(at).filter(|line| line.starts_with(' ')) {
                    line.insert_str(0, &" ".repeat(*columns));
                }
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop::sample::select(&[" ", "  ", "    ", "- ", "# "][..]).prop_map(Change::Before),
        prop::sample::select(&["   ", "\t", " # why", " |", " >-", ":", " [", "\\ "][..])
            .prop_map(Change::After),
        prop::sample::select(&["", "   ", "# a", "  # b", "    # c", "---", "...", "note: |+"][..])
            .prop_map(Change::Line),
        (1usize..4).prop_map(Change::Deeper),
    ]
}

/// The same documents as far as they can be used, and nothing left to lay out.
fn hold(text: &str, formatted: &str) {
    assert_eq!(
        format(formatted, field_order).as_deref(),
        Ok(formatted),
        "not at rest; it came from:\n{text}"
    );
    assert_eq!(documents(text), documents(formatted), "another meaning; it came from:\n{text}");
}

/// What is read, without places, field by field.
fn documents(text: &str) -> Vec<String> {
    let sources = SourceSet::single("case.yaml", text);
    let read = document::read(&sources, &mut Sink::new(Levels::default()));
    read.documents.iter().map(|document| without_places(&format!("{document:?}"))).collect()
}

/// Removes the numbers after `span: ` from the `Debug` output.
fn without_places(text: &str) -> String {
    let mut parts = text.split("span: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        out + part.trim_start_matches(|place: char| place.is_ascii_digit() || matches!(place, ':' | '.'))
    })
}

fn policies() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["examples", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in
        fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("it can be read").path())
    {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
