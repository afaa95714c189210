//! A verified bundle and this host -> what an apply would change, what it costs, and what stands in its way.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use telovix_bpf_programs::image::Image;
use telovix_host::{Admitted, Plan};

use super::Run;
use super::inspect::rules;
use crate::enforcement::{DeliveryArguments, PlaceArguments, TrustRoot, Verification, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};

/// Show what `apply` would do to this host, without doing it.
///
/// Verifies the bundle, loads the programs that would be attached (and attaches none), and compares the policy with
/// the one in force. Exit code 3 when the host cannot enforce it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix plan /var/lib/telovix/bundle --sensor sensor-site-0117
  telovix plan compiled-policies --insecure-skip-verify --format json | jq .added")]
pub(crate) struct Arguments {
    #[command(flatten)]
    delivery: DeliveryArguments,
    /// Confine this program although it is needed to undo a mistake; may be given several times.
    #[arg(long = "confine", value_name = "PROGRAM")]
    confine: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What an apply would do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// Whether the host can enforce it.
    possible: bool,
    /// Whether somebody's signature stands behind it.
    verification: Verification,
    /// The trust root that it was verified against; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRoot>,
    /// The active generation; 0 when nothing is enforced.
    generation: u32,
    /// Rules that are not in force now.
    added: Vec<String>,
    /// Rules of which the effect would change.
    changed: Vec<String>,
    /// Rules that would no longer be in force.
    removed: Vec<String>,
    /// Hooks that would have a program.
    hooks: Vec<String>,
    /// Hooks that cannot be watched, and why.
    refused: BTreeMap<String, String>,
    /// The program that the guard against locking oneself out would refuse to confine.
    lockout: Option<String>,
    /// Bytes that the maps would take in the kernel.
    kernel_bytes: usize,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let host = self.delivery.host(&self.places, None);
        let offered = self.delivery.offer(streams)?;
        let policy = host.admit(&offered.offer).map_err(|error| offered.failed(&error))?;
        let plan = host.plan(&policy, &self.confine).map_err(|error| failed(&error))?;
        let document = Document::of(&plan, &policy);
        match self.format {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => document.write(&mut streams.data)?,
        }
        Ok(if document.possible { Exit::Clean } else { Exit::KernelRefused })
    }
}

impl Document {
    fn of(plan: &Plan, policy: &Admitted) -> Self {
        let new = effects(policy.image());
        let old = plan.active.as_ref().map(effects).unwrap_or_default();
        let mut document = Self {
            version: VERSION,
            possible: plan.lockout.is_none() && plan.hooks.iter().all(|hook| hook.refused.is_none()),
            verification: policy.verification().into(),
            trust_root: policy.root().map(TrustRoot::from),
            generation: plan.generation,
            added: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            hooks: plan.hooks.iter().map(|hook| hook.hook.to_owned()).collect(),
            refused: BTreeMap::new(),
            lockout: plan.lockout.clone(),
            kernel_bytes: plan.kernel_bytes,
        };
        for hook in &plan.hooks {
            document.refused.extend(hook.refused.clone().map(|reason| (hook.hook.to_owned(), reason)));
        }
        for (rule, effect) in &new {
            match old.get(rule) {
                None => document.added.push(format!("{effect}: {rule}")),
                Some(before) if before != effect => {
                    document.changed.push(format!("{before} -> {effect}: {rule}"));
                }
                Some(_) => {}
            }
        }
        for (rule, effect) in old.iter().filter(|(rule, _)| !new.contains_key(*rule)) {
            document.removed.push(format!("{effect}: {rule}"));
        }
        document
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.generation {
            0 => writeln!(out, "nothing is enforced now")?,
            generation => writeln!(out, "generation {generation} is enforced now")?,
        }
        self.trust_root.iter().try_for_each(|root| root.write(out))?;
        for (sign, list) in [('+', &self.added), ('~', &self.changed), ('-', &self.removed)] {
            for rule in list {
                writeln!(out, "{sign} {rule}")?;
            }
        }
        let (hooks, bytes) = (plural(self.hooks.len(), "program"), plural(self.kernel_bytes, "byte"));
        writeln!(out, "{hooks}, {bytes} of maps: {}", self.hooks.join(", "))?;
        for (hook, reason) in &self.refused {
            writeln!(out, "the kernel does not let a program watch `{hook}`: {reason}")?;
        }
        if let Some(program) = &self.lockout {
            writeln!(out, "`{program}` would be confined, which is needed to undo it; `--confine {program}` if meant")?;
        }
        Ok(())
    }
}

/// Every rule of an image with its effect, by what it says and where it was written.
fn effects(image: &Image) -> BTreeMap<String, &'static str> {
    let named = rules(image).into_iter().map(|rule| {
        let document = &rule.document;
        (format!("{} `{}`, {}, {}", document.kind, document.name, rule.dimension, rule.source), rule.effect)
    });
    named.collect()
}
