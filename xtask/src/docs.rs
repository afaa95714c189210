//! `cargo xtask docs`: the tables of the code -> `docs/reference` and `schemas`.
//!
//! The pages are written by the tests that otherwise compare them with the code, so there is one way to make them.

use std::process::Command;

use crate::repository;

/// Rewrites every generated page and schema.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(arguments.is_empty(), "usage: cargo xtask docs");
    let (variable, value) = telovix_snapshot::OVERWRITE;
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(repository::root()).env(variable, value);
    let output = repository::run(command.args(["test", "--package", "telovix", "reference::"]))?;
    println!("{}", String::from_utf8_lossy(&output).trim());
    Ok(())
}
