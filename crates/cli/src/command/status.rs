//! Pins and maps -> what the kernel enforces, how often each rule acted, and whether the maps still are the image.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use telovix_bpf_runtime::Scope;
use telovix_bpf_runtime::status::{self, Status};

use super::Run;
use crate::enforcement::{PlaceArguments, Provenance, Verification, refused};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};

/// Show what the kernel enforces now.
///
/// Generation, deadline, hooks, how often each rule decided, every map that no longer holds what the image said,
/// and every hook that has lost its program (exit code 1 for the last two).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix status
  telovix status --sensor sensor-site-0117 --format json | jq .rules")]
pub(crate) struct Arguments {
    /// The sensor id that the policy was applied with.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// A group that the policy was applied with; may be given several times.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What the kernel enforces.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// Number of the active generation; 0 when nothing is enforced.
    generation: u32,
    /// SHA-256 of the policy in force, as `telovix inspect` prints it.
    policy: Option<String>,
    /// Whether somebody's signature stands behind it; absent when nothing is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verification>,
    /// The generation that a rollback, or a missed deadline, leads to; 0 for none.
    previous: u32,
    /// Milliseconds until the policy reverts unless it is confirmed.
    confirm_within: Option<u64>,
    /// A deadline passed unconfirmed, and the programs went back by themselves.
    reverted: bool,
    /// Hooks with a program.
    hooks: Vec<Hook>,
    /// How often rules decided; rules that never did are left out.
    rules: Vec<RuleCount>,
    /// Reports written to the ring buffer.
    events: u64,
    /// Reports for which it had no room.
    dropped: u64,
    /// Paths that had to be walked to the root.
    walks: u64,
    /// Walks that ended in doubt.
    doubts: u64,
    /// Maps whose contents are not the image's.
    drift: Vec<String>,
    /// Hooks that the policy needs and that have no program.
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Hook {
    /// The hook.
    hook: String,
    /// The program's number in the kernel.
    program: u32,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RuleCount {
    /// The rule id.
    rule: u32,
    document: String,
    dimension: String,
    file: String,
    line: u32,
    count: u64,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let scope = Scope { sensor: self.sensor.clone(), groups: self.groups.clone() };
        let places = self.places.places();
        let state = status::status(&places, &scope).map_err(|error| refused(&error))?;
        let verification = (state.generation != 0)
            .then(|| Provenance::read(&places).of(state.generation, state.image.as_deref()));
        let whole = state.drift.is_empty() && state.missing.is_empty() && !is_unknown(&state);
        let exit = if whole { Exit::Clean } else { Exit::Findings };
        match self.format {
            Format::Json => json::print(&Document::of(state, verification), &mut streams.data)?,
            Format::Text => write(&state, verification, &mut streams.data)?,
        }
        Ok(exit)
    }
}

impl Document {
    fn of(state: Status, verification: Option<Verification>) -> Self {
        let hook = |program: status::HookProgram| Hook { hook: program.hook, program: program.program };
        let rule = |count: status::RuleCount| RuleCount {
            rule: count.rule,
            document: count.document,
            dimension: count.dimension,
            file: count.file,
            line: count.line,
            count: count.count,
        };
        Self {
            version: VERSION,
            generation: state.generation,
            policy: state.image,
            verification,
            previous: state.previous,
            confirm_within: state.confirm_within,
            reverted: state.reverted,
            hooks: state.hooks.into_iter().map(hook).collect(),
            rules: state.rules.into_iter().map(rule).collect(),
            events: state.events,
            dropped: state.dropped,
            walks: state.walks,
            doubts: state.doubts,
            drift: state.drift,
            missing: state.missing.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Whether something is enforced of which nobody has the image any more.
fn is_unknown(state: &Status) -> bool {
    state.generation != 0 && state.image.is_none()
}

fn write(state: &Status, verification: Option<Verification>, out: &mut dyn Write) -> io::Result<()> {
    match state.generation {
        0 => writeln!(out, "nothing is enforced")?,
        generation => writeln!(out, "generation {generation} is active")?,
    }
    if let Some(policy) = &state.image {
        writeln!(out, "policy {policy}")?;
    }
    if is_unknown(state) {
        writeln!(out, "the copy of its image is gone, so nothing can be compared: apply the bundle again")?;
    }
    match verification {
        Some(Verification::Skipped) => {
            writeln!(out, "not verified: it was applied with `--insecure-skip-verify`")?;
        }
        Some(Verification::Unknown) => writeln!(out, "nobody remembers whether it was verified: apply the bundle again")?,
        Some(Verification::Verified) | None => {}
    }
    if let Some(left) = state.time_left() {
        writeln!(out, "reverts in {} s unless `telovix confirm` comes", left.as_secs())?;
    }
    if state.reverted {
        writeln!(out, "the last apply was not confirmed in time, so the policy before it is active")?;
    }
    if state.previous != 0 {
        writeln!(out, "`telovix rollback` leads to generation {}", state.previous)?;
    }
    let hooks: Vec<&str> = state.hooks.iter().map(|hook| hook.hook.as_str()).collect();
    writeln!(out, "{}: {}", plural(hooks.len(), "program"), hooks.join(", "))?;
    writeln!(out, "{} written, {} dropped", plural(usize::try_from(state.events).unwrap_or(usize::MAX), "event"), state.dropped)?;
    for rule in &state.rules {
        let (count, document, dimension) = (rule.count, &rule.document, &rule.dimension);
        writeln!(out, "  {count:>8} x {document}, {dimension} ({}:{})", rule.file, rule.line)?;
    }
    for hook in &state.missing {
        writeln!(out, "hook `{hook}` has no program: apply the bundle again")?;
    }
    for map in &state.drift {
        writeln!(out, "map `{map}` does not hold what the image says: apply the bundle again")?;
    }
    Ok(())
}
