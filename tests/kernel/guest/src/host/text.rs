//! The text of a file about a host -> its steps, and the command to kill.

use anyhow::{Context, bail};

use super::step::Step;

/// A file under `tests/kernel/host`.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// How the machine has to be booted; empty for the usual way.
    pub(super) machine: String,
    /// Whether it may begin with the programs of the file before, which enforce nothing: attaching takes long.
    pub(super) loaded: bool,
    /// Whether it is run only where time is no matter.
    pub(super) slow: bool,
    /// What happens once.
    pub(super) steps: Vec<Step>,
    /// What brings about the state in which a command is killed.
    pub(super) before: Vec<Step>,
    /// The command that is killed at each of its effects.
    pub(super) kill: Option<String>,
    /// What may be enforced after a kill: the old policy, then the new one.
    pub(super) old: String,
    pub(super) new: String,
    /// What must be possible after a kill; then what must be where it left the old policy, or the new one.
    pub(super) after: Vec<Step>,
    pub(super) after_old: Vec<Step>,
    pub(super) after_new: Vec<Step>,
}

impl Host {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut host = Self::default();
        let mut list = "";
        let lines = text.lines().filter(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#')
        });
        for line in lines {
            if let Some(item) = line.trim_start().strip_prefix("- ") {
                let step = Step::parse(unquoted(item)).with_context(|| item.to_owned())?;
                match list {
                    "steps" => host.steps.push(step),
                    "before" => host.before.push(step),
                    "after" => host.after.push(step),
                    "after-old" => host.after_old.push(step),
                    "after-new" => host.after_new.push(step),
                    _ => bail!("a list item below `{list}`"),
                }
                continue;
            }
            let (key, value) = line.split_once(':').with_context(|| format!("no key in `{line}`"))?;
            let value = unquoted(value.trim());
            match key {
                "kind" => {}
                "machine" => value.clone_into(&mut host.machine),
                "begins" if value == "loaded" => host.loaded = true,
                "slow" => host.slow = value == "true",
                "kill" => host.kill = Some(value.to_owned()),
                "old" => value.clone_into(&mut host.old),
                "new" => value.clone_into(&mut host.new),
                "steps" | "before" | "after" | "after-old" | "after-new" => list = key,
                _ => bail!("unknown key `{key}`"),
            }
        }
        Ok(host)
    }

    /// Whether the command that is killed sets a deadline, past which the old policy is back.
    pub(super) fn reverts(&self) -> bool {
        self.kill.as_ref().is_some_and(|command| command.contains("--confirm-within"))
    }
}

/// Takes one pair of quotes off.
fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}
