//! The audit log -> its entries, and whether it is complete and unmodified.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use telovix_host::HOST_LOG;
use telovix_trust::Digest;
use telovix_trust::audit::{self, Entry, Log, Outcome};

use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{AUDIT_LOG_ABSENT, AUDIT_LOG_BROKEN, begin_log, log_failed};
use telovix_workspace::shown;

/// Print the audit log, after checking that it was not modified.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust log
  telovix trust log --verify audit.ndjson      # only check that it is complete
  telovix trust log --head 5b1c...             # check that it still contains an earlier head
  telovix trust log --begin-new                # keep a broken log as evidence and start a new one")]
pub(crate) struct Arguments {
    /// The log file. Default: `/var/lib/telovix/audit.ndjson`, which is created by the first logged action.
    file: Option<PathBuf>,
    /// Only check that each line links to the previous one, up to the last line that was written.
    #[arg(long)]
    verify: bool,
    /// Also require a line with this SHA-256: a head that was printed earlier and stored elsewhere. Only this detects a
    /// log that was rewritten together with its head file.
    #[arg(long, value_name = "SHA256")]
    head: Option<Digest>,
    /// Move the log to `FILE.DIGEST`, even if it is broken, and start a new one whose first line has its SHA-256.
    #[arg(long, conflicts_with_all = ["verify", "head"])]
    begin_new: bool,
    #[command(flatten)]
    format: FormatArgument,
}

/// A complete audit log.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The number of lines.
    entries: usize,
    /// The SHA-256 that the next line will contain. Stored elsewhere, it proves the current contents later.
    head: Option<String>,
    /// The SHA-256 of a line that a command announced but did not write.
    #[serde(skip_serializing_if = "Option::is_none")]
    announced: Option<String>,
    /// The path of the previous log, with `--begin-new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// The lines of the log; absent with `--verify`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<Value>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let file = self.file.clone().unwrap_or_else(|| PathBuf::from(HOST_LOG));
        let kept = self.begin_new.then(|| begin_log(&file)).transpose()?;
        let log = audit::verify(&file).map_err(log_failed)?;
        let nothing = log == Log::default() && !file.exists();
        if nothing {
            self.refuse_missing()?;
        }
        if let Some(head) = self.head.filter(|head| !log.holds(*head)) {
            let message = format!("`{}` has no line with the digest {head}", shown(&file));
            return Err(Failure::new(Exit::Findings, &AUDIT_LOG_BROKEN, message)
                .help("the log was restarted or rewritten after that head was printed"));
        }
        let shown_entries = if self.verify { &[][..] } else { &log.entries[..] };
        let document = Document {
            version: VERSION,
            entries: log.entries.len(),
            head: log.head().map(|digest| digest.to_string()),
            announced: log.announced.map(|digest| digest.to_string()),
            kept: kept.as_deref().map(shown),
            lines: shown_entries.iter().map(value).collect(),
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                shown_entries.iter().try_for_each(|entry| line(entry, &mut streams.data))?;
                tell(&document, nothing, &mut streams.talk)?;
            }
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    /// A host without logged actions has no log. A log that is named explicitly must exist.
    fn refuse_missing(&self) -> Result<(), Failure> {
        let Some(file) = &self.file else { return Ok(()) };
        let message = format!("audit log `{}` does not exist", shown(file));
        Err(Failure::new(Exit::CannotRun, &AUDIT_LOG_ABSENT, message)
            .help("the first `apply` on a host creates it; elsewhere, use `--audit-log FILE`"))
    }
}

/// Prints a summary of the log.
fn tell(document: &Document, nothing: bool, talk: &mut dyn Write) -> std::io::Result<()> {
    let Document { entries, head, announced, kept, .. } = document;
    if let Some(kept) = kept {
        writeln!(talk, "the previous log was moved to `{kept}`")?;
    }
    if nothing {
        return writeln!(talk, "no logged actions on this host: `{HOST_LOG}` does not exist");
    }
    let count = plural(*entries, "entry").replace("entrys", "entries");
    writeln!(talk, "{count}, each linked to the previous one; head {}", head.as_deref().unwrap_or_default())?;
    if announced.is_some() {
        writeln!(
            talk,
            "a command was interrupted before it wrote the next line; the next command records that"
        )?;
    }
    Ok(())
}

fn value(entry: &Entry) -> Value {
    serde_json::to_value(entry).expect("an entry has a JSON form")
}

fn line(entry: &Entry, out: &mut dyn Write) -> std::io::Result<()> {
    let record = &entry.record;
    let outcome = match record.outcome {
        Outcome::Begun => ": begun",
        Outcome::Success => "",
        Outcome::Failure => ": refused",
    };
    write!(
        out,
        "{:>4} {} {} {} `{}`",
        entry.sequence, record.created_at, record.actor, record.action_type, record.subject
    )?;
    record.epoch.iter().try_for_each(|epoch| write!(out, " epoch {epoch}"))?;
    record.generation.iter().try_for_each(|generation| write!(out, " generation {generation}"))?;
    out.write_all(outcome.as_bytes())?;
    if !record.detail.is_empty() {
        write!(out, " ({})", record.detail)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Arguments;
    use crate::output::FormatArgument;

    #[test]
    fn a_host_without_a_log_has_an_empty_one_and_a_named_log_is_missed() {
        let arguments = |file| Arguments {
            file,
            verify: false,
            head: None,
            begin_new: false,
            format: FormatArgument::default(),
        };
        assert!(arguments(None).refuse_missing().is_ok());
        let failure = arguments(Some(PathBuf::from("missing.ndjson"))).refuse_missing().unwrap_err();
        assert_eq!(failure.codes(), ["audit-log-absent"]);
    }
}
