//! `cargo xtask mutate-backends`: faults in TracingPolicies and images -> how many of each kind the proof catches.

use std::process::Command;

use anyhow::bail;

use crate::repository;

/// Puts every fault in, prints the table, and fails when one is not caught and has no reason.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask mutate-backends");
    }
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(repository::root());
    command.args(["test", "--quiet", "--package", "telovix-compiler", "--test", "mutated_backends"]);
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    let status = command.status()?;
    if status.success() { Ok(()) } else { bail!("a fault was not caught: {status}") }
}
