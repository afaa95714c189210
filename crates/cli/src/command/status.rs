//! Pins and maps -> the active policy, the count of each rule, and whether the maps still match the image.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use telovix_host::{
    Enforcement, HOST_LOG, HOST_STATE, HookProgram, Host, HostStatus, Origin, RuleCount as Decided, Status,
};
use telovix_trust::Host as Identity;

use super::Run;
use crate::enforcement::{PlaceArguments, TrustRoot, Verification, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::journal;

/// Show the policy that the kernel enforces now.
///
/// Prints the active generation, a pending deadline, the hooks, and how often each rule decided. Performs a few harmless
/// operations to check that the kernel calls the programs. Exit code 1 if it does not, if a map no longer matches the
/// image, if a hook has lost its program, or if the applied policy is no longer active.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix status
  telovix status --sensor sensor-site-0117 --format json | jq .rules")]
pub(crate) struct Arguments {
    /// The sensor id that the policy was applied with.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// A group that the policy was applied with. Repeatable.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// What the kernel enforces.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Whether a policy is enforced as it was applied.
    enforcement: Enforced,
    /// Number of the active generation; 0 when nothing is enforced.
    generation: u32,
    /// SHA-256 of the active policy, as in `telovix inspect`.
    policy: Option<String>,
    /// Whether a trusted signature on it was verified; absent if nothing is enforced.
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
    /// The generation that is restored by a rollback or a missed deadline; 0 for none.
    previous: u32,
    /// Milliseconds until the previous policy is restored unless this one is confirmed.
    confirm_within: Option<u64>,
    /// Whether the previous policy was restored because a deadline passed without confirmation.
    reverted: bool,
    /// The hooks with an attached program.
    hooks: Vec<Hook>,
    /// How often each rule decided; rules with count 0 are omitted.
    rules: Vec<RuleCount>,
    /// Events written to the ring buffer.
    events: u64,
    /// Events dropped because the ring buffer was full.
    dropped: u64,
    /// Paths that had to be resolved up to the root.
    walks: u64,
    /// Path resolutions without a definite result.
    doubts: u64,
    /// Maps whose contents do not match the image.
    drift: Vec<String>,
    /// Hooks that the policy needs and that have no program attached.
    missing: Vec<String>,
    /// Hooks whose program is attached but not called by the kernel.
    not_called: Vec<String>,
}

/// Whether a policy is enforced as it was applied.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Enforced {
    /// No policy was applied, or it was removed.
    Nothing,
    /// The active policy is enforced.
    Whole,
    /// The copy of the active image is missing, so the maps cannot be checked.
    Unknown,
    /// A map does not match the image, or a hook has lost its program.
    Partial,
    /// The kernel does not call the attached programs: nothing is enforced.
    NotCalled,
    /// A policy was applied, and something other than `telovix` made the kernel use none.
    Replaced,
}

impl From<Enforcement> for Enforced {
    fn from(enforcement: Enforcement) -> Self {
        match enforcement {
            Enforcement::Nothing => Self::Nothing,
            Enforcement::Whole => Self::Whole,
            Enforcement::Unknown => Self::Unknown,
            Enforcement::Partial => Self::Partial,
            Enforcement::NotCalled => Self::NotCalled,
            Enforcement::Replaced => Self::Replaced,
        }
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Hook {
    /// The hook.
    hook: String,
    /// The id of the BPF program in the kernel.
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
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let identity = Identity { sensor: self.sensor.clone(), groups: self.groups.clone() };
        let kernel = self.places.kernel();
        let state = kernel.places.state.clone();
        let host = Host::new(identity, HOST_STATE.into(), journal(HOST_LOG.into()), state, kernel);
        let status = host.status().map_err(|error| failed(&error))?;
        let exit = if status.enforcement.is_as_applied() { Exit::Clean } else { Exit::Findings };
        match self.format.chosen {
            Format::Json => json::print(&Document::of(status), &mut streams.data)?,
            Format::Text => write(&status, &mut streams.data)?,
        }
        Ok(exit)
    }
}

impl Document {
    fn of(HostStatus { kernel: state, origin, enforcement }: HostStatus) -> Self {
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
            enforcement: enforcement.into(),
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
            not_called: state.not_called,
        }
    }
}

/// Returns whether the active policy was verified; `None` if nothing is enforced.
fn verification(state: &Status, origin: Option<&Origin>) -> Option<Verification> {
    let unknown = Verification::Unknown;
    (state.generation != 0).then(|| origin.map_or(unknown, |origin| origin.verification.into()))
}

fn write(status: &HostStatus, out: &mut dyn Write) -> io::Result<()> {
    let (state, origin) = (&status.kernel, status.origin.as_ref());
    match (status.enforcement, state.generation) {
        (Enforcement::Nothing, _) => writeln!(out, "nothing is enforced")?,
        (Enforcement::Replaced, _) => writeln!(
            out,
            "not enforced: the applied policy is no longer active, and `telovix` did not change it; \
             apply the bundle again and find the cause"
        )?,
        (Enforcement::NotCalled, generation) => writeln!(
            out,
            "not enforced: generation {generation} is loaded, but the kernel does not call its programs; \
             check that `kernel.ftrace_enabled` is 1"
        )?,
        (_, generation) => writeln!(out, "generation {generation} is active")?,
    }
    if let Some(policy) = &state.image {
        writeln!(out, "policy {policy}")?;
    }
    if status.enforcement == Enforcement::Unknown {
        writeln!(
            out,
            "the copy of its image is gone, so the maps cannot be checked: apply the bundle again"
        )?;
    }
    match verification(state, origin) {
        Some(Verification::Skipped) => {
            writeln!(out, "not verified: it was applied with `--insecure-skip-verify`")?;
        }
        Some(Verification::Unknown) => {
            writeln!(out, "unknown whether it was verified, the record is missing: apply the bundle again")?;
        }
        Some(Verification::Verified) | None => {}
    }
    if let Some(root) = origin.and_then(|origin| origin.root.as_ref()) {
        TrustRoot::from(root).write(out)?;
    }
    if let Some(left) = state.time_left() {
        writeln!(out, "pending: reverting in {} s unless confirmed with `telovix confirm`", left.as_secs())?;
    }
    if state.reverted {
        writeln!(out, "the last apply was not confirmed in time, so the previous policy was restored")?;
    }
    if state.previous != 0 {
        writeln!(out, "`telovix rollback` restores generation {}", state.previous)?;
    }
    let hooks: Vec<&str> = state.hooks.iter().map(|hook| hook.hook.as_str()).collect();
    writeln!(out, "{}: {}", plural(hooks.len(), "program"), hooks.join(", "))?;
    writeln!(
        out,
        "{} written, {} dropped",
        plural(usize::try_from(state.events).unwrap_or(usize::MAX), "event"),
        state.dropped
    )?;
    for rule in &state.rules {
        let (count, document, dimension) = (rule.count, &rule.document, &rule.dimension);
        writeln!(out, "  {count:>8} x {document}, {dimension} ({}:{})", rule.file, rule.line)?;
    }
    for hook in &state.missing {
        writeln!(out, "hook `{hook}` has no program: apply the bundle again")?;
    }
    for hook in &state.not_called {
        writeln!(out, "the program of hook `{hook}` is not called")?;
    }
    for map in &state.drift {
        writeln!(out, "map `{map}` does not match the image: apply the bundle again")?;
    }
    Ok(())
}
