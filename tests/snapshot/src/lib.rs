//! What a test produced -> compared with the expected file of the repository, or written to it.
//!
//! `cargo xtask bless` rewrites every expected file; `SNAPSHOTS=overwrite` in front of a test rewrites those of that
//! test. Files are compared byte by byte. For tests only: everything here panics where a test has to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use snapbox::assert::{Action, DEFAULT_ACTION_ENV};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, IntoData};

/// A difference between what is expected and what was produced, as text for a person.
pub use snapbox::assert::Error;

/// The environment variable, and its value, with which tests rewrite their expected files.
pub const OVERWRITE: (&str, &str) = (DEFAULT_ACTION_ENV, "overwrite");

/// Returns the root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is in `tests/snapshot`")
}

/// Reads every file below a folder, by its path relative to the folder.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in entries(folder) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are UTF-8");
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else {
            found.insert(name.to_owned(), fs::read_to_string(&path).expect("a case is UTF-8 text"));
        }
    }
    found
}

/// Compares a text with the file of what is expected.
///
/// # Errors
/// When they differ or the file is missing, with the difference; when the file has to be rewritten and cannot be.
pub fn compare(expected: &Path, actual: &str) -> Result<(), Error> {
    compare_with(&from_environment(), expected, actual)
}

/// Fails the test when a text differs from the file of what is expected.
#[track_caller]
pub fn assert_file(expected: &Path, actual: &str) {
    if let Err(difference) = compare(expected, actual) {
        panic!("{difference}");
    }
}

/// Fails the test when the files below `folder` are not exactly those that were produced, given by relative path.
#[track_caller]
pub fn assert_folder(folder: &Path, produced: &BTreeMap<String, String>) {
    let existing = if folder.is_dir() { files(folder) } else { BTreeMap::new() };
    let existing = existing.into_keys().map(|path| folder.join(path)).collect();
    let produced = produced.iter().map(|(path, text)| (folder.join(path), text.clone())).collect();
    fail_on(&differences(&from_environment(), &existing, &produced));
}

/// Renders every case of `tests/{folder}` and compares each with the `.expected` file next to it.
///
/// A case is a YAML or JSON file, or a folder of them where more than one file matters; `render` gets their names and
/// texts. Fails the test when there are fewer than `least` cases, and when an `.expected` file has no case.
#[track_caller]
pub fn assert_cases(folder: &str, least: usize, render: impl Fn(Vec<(String, String)>) -> String) {
    let folder = root().join("tests").join(folder);
    let mut cases = entries(&folder);
    let expected =
        cases.extract_if(.., |path| path.extension().is_some_and(|end| end == "expected")).collect();
    cases.retain(|case| case.is_dir() || is_document(case));
    assert!(cases.len() >= least, "only {} cases are left in {}", cases.len(), folder.display());
    let rendered = cases.into_iter().map(|case| {
        let documents = if case.is_dir() {
            files(&case).into_iter().filter(|(name, _)| is_document(Path::new(name))).collect()
        } else {
            let name = case.file_name().and_then(|name| name.to_str()).expect("names are UTF-8");
            vec![(name.to_owned(), fs::read_to_string(&case).expect("a case is UTF-8 text"))]
        };
        (case.with_extension("expected"), render(documents))
    });
    fail_on(&differences(&from_environment(), &expected, &rendered.collect()));
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "json")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    entries.sort();
    entries
}

fn from_environment() -> Assert {
    Assert::new().action_env(DEFAULT_ACTION_ENV)
}

fn compare_with(assert: &Assert, expected: &Path, actual: &str) -> Result<(), Error> {
    // As text, `\r\n` would be the same as `\n`.
    let has_returns = actual.contains('\r') || fs::read(expected).is_ok_and(|bytes| bytes.contains(&b'\r'));
    let format = if has_returns { DataFormat::Binary } else { DataFormat::Text };
    // Raw: `[..]` and `...` in an expected file are no wildcards.
    let expected = Data::read_from(expected, Some(format)).raw();
    assert.try_eq(Some(&"produced"), actual.into_data(), expected)
}

/// Compares all files, so that one run shows every difference. A file that was not produced is one, too.
fn differences(
    assert: &Assert,
    existing: &BTreeSet<PathBuf>,
    produced: &BTreeMap<PathBuf, String>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (path, text) in produced {
        differences.extend(compare_with(assert, path, text).err().map(|difference| difference.to_string()));
    }
    for path in existing.iter().filter(|path| !produced.contains_key(*path)) {
        match assert.selected_action() {
            Action::Overwrite => fs::remove_file(path).expect("the folder is writable"),
            Action::Verify => differences.push(format!("{}: no longer produced\n", path.display())),
            Action::Skip | Action::Ignore => {}
        }
    }
    differences
}

#[track_caller]
fn fail_on(differences: &[String]) {
    assert!(differences.is_empty(), "{}\n`cargo xtask bless` accepts all of it", differences.join("\n"));
}

#[cfg(test)]
mod tests;
