//! A verified bundle -> the policy that the kernel enforces from now on.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use telovix_host::{Applied, ApplyOptions, Host, Linux};

use super::Run;
use crate::enforcement::{DeliveryArguments, PlaceArguments, TrustRoot, Verification};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, tell_notices};

/// Enforce a bundle, starting at one instant, without a daemon.
///
/// The bundle is verified, its maps are filled and its programs attached beside what is enforced now; then one write
/// switches. Killed anywhere before, the command leaves the old policy; anywhere behind, the new one. The audit log says
/// what is about to be done and how it ended; without it nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix apply /var/lib/telovix/bundle --sensor sensor-site-0117
  telovix apply compiled-policies --confirm-within 60s && telovix confirm
  telovix apply compiled-policies --insecure-skip-verify --confine /usr/sbin/sshd")]
pub(crate) struct Arguments {
    #[command(flatten)]
    delivery: DeliveryArguments,
    /// Go back by itself after this time (`90s`, `5m`) unless `telovix confirm` came. The kernel keeps the deadline.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    confirm_within: Option<Duration>,
    /// Confine this program although it is needed to undo a mistake; may be given several times.
    #[arg(long = "confine", value_name = "PROGRAM")]
    confine: Vec<String>,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    places: PlaceArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is enforced now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The number of the active generation.
    generation: u32,
    /// How many programs are attached.
    programs: usize,
    /// Whether somebody's signature stands behind it.
    verification: Verification,
    /// The trust root that it was verified against; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRoot>,
    /// Seconds until it reverts unless it is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm_within: Option<u64>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let mut host = self.delivery.host(&self.places, self.audit.named());
        let applied = self.carry_out(&mut host, streams);
        tell_notices(host.take_notices(), streams)?;
        let applied = applied?;
        let document = Document {
            version: VERSION,
            generation: applied.generation,
            programs: applied.programs,
            verification: applied.policy.verification().into(),
            trust_root: applied.policy.root().map(TrustRoot::from),
            confirm_within: self.confirm_within.map(|time| time.as_secs()),
        };
        match self.format {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                let programs = plural(applied.programs, "program");
                writeln!(streams.data, "generation {} is active, {programs}", applied.generation)?;
                document.trust_root.iter().try_for_each(|root| root.write(&mut streams.data))?;
                if let Some(time) = self.confirm_within {
                    let seconds = time.as_secs();
                    writeln!(streams.data, "it reverts in {seconds} s unless `telovix confirm` comes")?;
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
