//! The unit file of the examples -> its commands, as systemd would run them.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Where the initramfs has `examples/systemd/telovix.service`.
const UNIT: &str = "/etc/telovix.service";

/// The command of a key of the unit, whose condition must be met.
pub(super) fn command(key: &str) -> anyhow::Result<Command> {
    let text = std::fs::read_to_string(UNIT)?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.with_context(|| format!("the unit has no `{key}`"))
    };
    let condition = value("ConditionPathExists")?;
    if !Path::new(condition).exists() {
        bail!("`{condition}` does not exist, so the unit would not start");
    }
    let mut words = value(key)?.split_ascii_whitespace();
    let mut command = Command::new(words.next().context("an empty command")?);
    command.args(words).stdin(Stdio::null()).current_dir("/");
    Ok(command)
}
