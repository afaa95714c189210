//! A verified bundle -> the policy that the kernel enforces.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_host::code::PROCESS_NOT_PLACED;
use telovix_host::{Applied, ApplyOptions, Host, Linux};

use super::Run;
use crate::enforcement::{DeliveryArguments, PlaceArguments, TrustRoot, Verification};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::{self, plural};
use crate::output::{Amount, Format, FormatArgument, Report, Streams};
use crate::signing::{AuditArguments, tell_notices};

/// Load a bundle into the kernel atomically; no daemon is needed.
///
/// The bundle is verified, its maps are filled and its programs are attached next to the active policy; then a single
/// write activates it. If the command is killed before that write, the old policy stays active; after it, the new one
/// is. The audit log records the start and the outcome; if it cannot be written, nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix apply /var/lib/telovix/bundle --sensor sensor-site-0117
  telovix apply compiled-policies --confirm-within 60s && telovix confirm
  telovix apply compiled-policies --insecure-skip-verify --confine /usr/sbin/sshd")]
pub(crate) struct Arguments {
    #[command(flatten)]
    delivery: DeliveryArguments,
    /// Restore the previous policy after this time (`90s`, `5m`) unless `telovix confirm` is run. The kernel keeps the
    /// deadline.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    confirm_within: Option<Duration>,
    /// Allow the policy to confine this program although it is needed to undo a mistake. Repeatable.
    #[arg(long = "confine", value_name = "PROGRAM")]
    confine: Vec<String>,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// What the kernel enforces after the command.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The active generation.
    generation: u32,
    /// The number of attached programs.
    programs: usize,
    /// Whether a trusted signature on it was verified.
    verification: Verification,
    /// The trust root that it was verified against; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRoot>,
    /// Processes that ran before and whose domains are not complete until they execute a program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unplaced: Vec<Process>,
    /// Seconds until the previous policy is restored unless this one is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm_within: Option<u64>,
}

/// A process of the host.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Process {
    /// Its number.
    pid: u32,
    /// Its name, as `/proc` has it; empty if it has ended.
    name: String,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let mut host = self.delivery.host(&self.places, self.audit.named());
        let applied = self.carry_out(&mut host, streams);
        tell_notices(host.take_notices(), streams)?;
        let applied = applied?;
        tell_unplaced(&applied, streams)?;
        let document = Document {
            version: VERSION,
            generation: applied.generation,
            programs: applied.programs,
            verification: applied.policy.verification().into(),
            trust_root: applied.policy.root().map(TrustRoot::from),
            unplaced: applied
                .unplaced
                .iter()
                .map(|process| Process { pid: process.pid, name: process.name.clone() })
                .collect(),
            confirm_within: self.confirm_within.map(|time| time.as_secs()),
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                let programs = plural(applied.programs, "program");
                writeln!(streams.data, "generation {} is active, {programs}", applied.generation)?;
                document.trust_root.iter().try_for_each(|root| root.write(&mut streams.data))?;
                if let Some(time) = self.confirm_within {
                    let seconds = time.as_secs();
                    writeln!(
                        streams.data,
                        "reverting in {seconds} s unless confirmed with `telovix confirm`"
                    )?;
                }
            }
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn carry_out(&self, host: &mut Host<Linux>, streams: &mut Streams) -> Result<Applied, Failure> {
        let offered = self.delivery.offer(streams).inspect_err(|failure| {
            let told = failure.diagnostics().first();
            let reason = told.map_or_else(String::new, |told| format!("{}: {}", told.code.id, told.message));
            host.refuse(&self.delivery.name(), &reason);
        })?;
        let options = ApplyOptions { confirm_within: self.confirm_within, confine: self.confine.clone() };
        host.apply(&offered.offer, &options).map_err(|error| offered.failed(&error))
    }
}

/// Warns of processes that are not in all of their domains.
fn tell_unplaced(applied: &Applied, streams: &mut Streams) -> Result<(), Failure> {
    let warnings = applied.unplaced.iter().map(|process| {
        let message = format!(
            "process {} (`{}`) is not in all of its domains until it executes a program",
            process.pid, process.name
        );
        Diagnostic::new(&PROCESS_NOT_PLACED, None, message).help("restart it")
    });
    let report = Report::without_sources(warnings.collect());
    text::write(&report, Amount::ALL, &mut streams.talk)?;
    streams.talk.flush().map_err(Failure::from)
}

/// Reads `90s`, `5m` or `1h`; a bare number is seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(['s', 'm', 'h']);
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        _ => return Err("expected a time such as `90s` or `5m`".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a time such as `90s` or `5m`".to_owned())?;
    match number.checked_mul(unit) {
        Some(seconds) if (1..=86_400).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected between 1 second and a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse_duration;

    #[test]
    fn times_have_units() {
        assert_eq!(parse_duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        for wrong in ["", "s", "0s", "5d", "1ms", "-1s", "99999999999999999999h", "25h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
