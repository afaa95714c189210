//! A verified bundle and this host -> what `apply` would change, its memory use, and what would prevent it.

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
use crate::output::{Format, FormatArgument, Streams};

/// Show what `apply` would change on this host, without changing anything.
///
/// Verifies the bundle, loads the programs without attaching them, and compares the policy with the active one. Exit
/// code 3 if this host cannot enforce it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix plan /var/lib/telovix/bundle --sensor sensor-site-0117
  telovix plan compiled-policies --insecure-skip-verify --format json | jq .added")]
pub(crate) struct Arguments {
    #[command(flatten)]
    delivery: DeliveryArguments,
    /// Allow the policy to confine this program although it is needed to undo a mistake. Repeatable.
    #[arg(long = "confine", value_name = "PROGRAM")]
    confine: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// What `apply` would do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Whether the host can enforce it.
    possible: bool,
    /// Whether a trusted signature on it was verified.
    verification: Verification,
    /// The trust root that it was verified against; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRoot>,
    /// The active generation; 0 when nothing is enforced.
    generation: u32,
    /// Rules that would be added.
    added: Vec<String>,
    /// Rules whose effect would change.
    changed: Vec<String>,
    /// Rules that would be removed.
    removed: Vec<String>,
    /// Hooks that would get a program.
    hooks: Vec<String>,
    /// Hooks that no program can be attached to, and why.
    refused: BTreeMap<String, String>,
    /// The program that `apply` would refuse to confine, because it is needed to undo a mistake.
    lockout: Option<String>,
    /// Size of the maps in the kernel, in bytes.
    kernel_bytes: usize,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let host = self.delivery.host(&self.places, None);
        let offered = self.delivery.offer(streams)?;
        let policy = host.admit(&offered.offer).map_err(|error| offered.failed(&error))?;
        let plan = host.plan(&policy, &self.confine).map_err(|error| failed(&error))?;
        let document = Document::of(&plan, &policy);
        match self.format.chosen {
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
            writeln!(out, "cannot attach a program to `{hook}`: {reason}")?;
        }
        if let Some(program) = &self.lockout {
            writeln!(
                out,
                "the policy would confine `{program}`, which is needed to undo a mistake; if intended, add `--confine {program}`"
            )?;
        }
        Ok(())
    }
}

/// Returns every rule of an image with its effect, by description and source line.
fn effects(image: &Image) -> BTreeMap<String, &'static str> {
    let named = rules(image).into_iter().map(|rule| {
        let document = &rule.document;
        (format!("{} `{}`, {}, {}", document.kind, document.name, rule.dimension, rule.source), rule.effect)
    });
    named.collect()
}
