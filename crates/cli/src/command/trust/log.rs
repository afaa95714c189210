//! The audit log -> what was done, by whom, and whether the log is whole.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use telovix_trust::audit::{self, AuditError, Entry, Outcome};

use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};
use crate::signing::{AUDIT_LOG_ABSENT, AUDIT_LOG_BROKEN, AUDIT_LOG_NOT_WRITTEN, cannot};

/// Print the audit log. It is always checked; a log that was changed is refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust log
  telovix trust log --verify audit.ndjson      # only whether it is whole")]
pub(crate) struct Arguments {
    /// The log.
    #[arg(default_value = "/var/lib/telovix/audit.ndjson")]
    file: PathBuf,
    /// Print only whether every line continues the one before.
    #[arg(long)]
    verify: bool,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// An audit log that is whole.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// How many lines it has.
    entries: usize,
    /// The SHA-256 that the next line will hold: noted elsewhere, it proves later what the log said today.
    head: Option<String>,
    /// The lines, as they stand in the log; absent with `--verify`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<Value>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let entries = audit::verify(&self.file).map_err(|error| match error {
            AuditError::Broken { .. } => Failure::new(Exit::Findings, &AUDIT_LOG_BROKEN, error.to_string()),
            AuditError::File { source, .. } if source.kind() == ErrorKind::NotFound => {
                let message = format!("there is no audit log `{}`", self.file.display());
                Failure::new(Exit::CannotRun, &AUDIT_LOG_ABSENT, message)
                    .help("a host begins one with its first `apply`; elsewhere `--audit-log FILE` names one")
            }
            error => cannot(&AUDIT_LOG_NOT_WRITTEN, &error),
        })?;
        let head = entries.last().map(|entry| entry.digest().to_string());
        match self.format {
            Format::Json => {
                let shown = if self.verify { &[][..] } else { &entries[..] };
                let lines = shown.iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect();
                let document = Document { version: VERSION, entries: entries.len(), head, lines };
                json::print(&document, &mut streams.data)?;
            }
            Format::Text => {
                if !self.verify {
                    entries.iter().try_for_each(|entry| line(entry, &mut streams.data))?;
                }
                let whole = plural(entries.len(), "entry").replace("entrys", "entries");
                writeln!(streams.talk, "{whole}, each continuing the one before; head {}", head.unwrap_or_default())?;
            }
        }
        Ok(Exit::Clean)
    }
}

fn line(entry: &Entry, out: &mut dyn Write) -> std::io::Result<()> {
    let record = &entry.record;
    let outcome = match record.outcome {
        Outcome::Begun => ": begun",
        Outcome::Success => "",
        Outcome::Failure => ": refused",
    };
    write!(out, "{:>4} {} {} {} `{}`", entry.sequence, record.created_at, record.actor, record.action_type, record.subject)?;
    record.epoch.iter().try_for_each(|epoch| write!(out, " epoch {epoch}"))?;
    record.generation.iter().try_for_each(|generation| write!(out, " generation {generation}"))?;
    out.write_all(outcome.as_bytes())?;
    if !record.detail.is_empty() {
        write!(out, " ({})", record.detail)?;
    }
    writeln!(out)
}
