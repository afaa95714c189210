//! Pins and maps -> what the kernel enforces, how often each rule acted, and whether the maps still are the image.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use telovix_host::{HOST_LOG, HOST_STATE, Host, HookProgram, Origin, RuleCount as Decided, Status};
use telovix_trust::Host as Identity;

use super::Run;
use crate::enforcement::{PlaceArguments, TrustRoot, Verification, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};
use crate::signing::journal;

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
    /// The trust root that it was verified against, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRoot>,
    /// The epoch of its bundle, if it was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    /// The folder that it was applied from.
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<String>,
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
        let identity = Identity { sensor: self.sensor.clone(), groups: self.groups.clone() };
        let kernel = self.places.kernel();
        let state = kernel.places.state.clone();
        let host = Host::new(identity, HOST_STATE.into(), journal(HOST_LOG.into()), state, kernel);
        let (state, origin) = host.status().map_err(|error| failed(&error))?;
        let whole = state.drift.is_empty() && state.missing.is_empty() && !is_unknown(&state);
        let exit = if whole { Exit::Clean } else { Exit::Findings };
        match self.format {
            Format::Json => json::print(&Document::of(state, origin), &mut streams.data)?,
            Format::Text => write(&state, origin.as_ref(), &mut streams.data)?,
        }
        Ok(exit)
    }
}

impl Document {
    fn of(state: Status, origin: Option<Origin>) -> Self {
        let verification = verification(&state, origin.as_ref());
        let trust_root = origin.as_ref().and_then(|origin| origin.root.as_ref()).map(TrustRoot::from);
        let hook = |program: HookProgram| Hook { hook: program.hook, program: program.program };
        let rule = |count: Decided| RuleCount {
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
            trust_root,
            epoch: origin.as_ref().and_then(|origin| origin.epoch),
            bundle: origin.and_then(|origin| origin.bundle),
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

/// Whether the trust root accepted what is in force.
fn verification(state: &Status, origin: Option<&Origin>) -> Option<Verification> {
    let unknown = Verification::Unknown;
    (state.generation != 0).then(|| origin.map_or(unknown, |origin| origin.verification.into()))
}

fn write(state: &Status, origin: Option<&Origin>, out: &mut dyn Write) -> io::Result<()> {
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
    match verification(state, origin) {
        Some(Verification::Skipped) => {
            writeln!(out, "not verified: it was applied with `--insecure-skip-verify`")?;
        }
        Some(Verification::Unknown) => writeln!(out, "nobody remembers whether it was verified: apply the bundle again")?,
        Some(Verification::Verified) | None => {}
    }
    if let Some(root) = origin.and_then(|origin| origin.root.as_ref()) {
        TrustRoot::from(root).write(out)?;
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
