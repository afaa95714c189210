//! `cargo xtask bless`: what the code produces now -> every expected file, generated page and schema.
//!
//! The tests that compare these files rewrite them, so there is one way to make each. The tests are found by their use
//! of `telovix_snapshot`. What kernels measured is rewritten by `SNAPSHOTS=overwrite cargo xtask kernel-test` alone.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{docs, repository};

/// Rewrites the files; the difference is there to be read before it is committed.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask bless");
    let (variable, value) = telovix_snapshot::OVERWRITE;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(repository::root()).env(variable, value).args(["test", "--no-fail-fast"]);
    for Target { package, test } in targets()? {
        cargo.args(["--package", &package, "--test", &test]);
    }
    let status = cargo.status().context("cannot run cargo")?;
    // The pages come from other tests, so they are right also where one of these failed.
    docs::run(&[])?;
    ensure!(status.success(), "some tests fail for another reason than their expected files");
    println!("read the difference before you commit it: git diff");
    Ok(())
}

/// A test target that compares expected files.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    package: String,
    test: String,
}

fn targets() -> anyhow::Result<Vec<Target>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(repository::root());
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: Value = serde_json::from_slice(&repository::run(&mut cargo)?)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for package in list(&metadata["packages"]) {
        for target in list(&package["targets"]).iter().filter(|target| target["kind"][0] == "test") {
            let text =
                |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata has no name");
            let path = text(&target["src_path"])?;
            if fs::read_to_string(&path).with_context(|| path.clone())?.contains("telovix_snapshot") {
                found.push(Target { package: text(&package["name"])?, test: text(&target["name"])? });
            }
        }
    }
    ensure!(!found.is_empty(), "no test compares expected files");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Target, targets};

    #[test]
    fn tests_that_compare_expected_files_are_found_and_others_are_not() {
        let found = targets().expect("cargo metadata can be read");
        let has = |package: &str, test: &str| {
            found.contains(&Target { package: package.to_owned(), test: test.to_owned() })
        };
        assert!(has("telovix", "console") && has("telovix-compiler", "lower"), "{found:?}");
        assert!(!has("telovix", "terminal") && !has("telovix-compiler", "mutations"), "{found:?}");
    }
}
